//! `generate-tables`: what it fills, and what it leaves when it cannot.

use std::fs;

use database::blocking::Connection;
use database::generator::fill_if_missing;
use database_test::Place;
use program_test::{Program, until};
use table_stats::{Contents, Strategy};

use crate::support::{
    GENERATOR, filled, generate, run, said, start, told_by_postgres, told_by_sqlite,
};

const OLD: Contents = Contents { rows: 1000, seed: 3 };

/// So many that there is time to interrupt it within the second table.
const MANY: [&str; 2] = ["--rows", "2000000"];

/// What a file with one of so large tables has, and not yet a second one, in bytes.
const ONE_AND_A_HALF: u64 = 26_000_000;

fn assert_holds(database: &Place, wanted: &[String]) {
    let ran = run(Strategy::Sync, &database.url, &[]);
    assert_eq!(said(&ran), wanted, "{}", ran.stderr);
}

fn start_many(database: &Place) -> Program {
    start(GENERATOR, &database.url, &MANY)
}

/// Fills the database in this way and then in that.
fn fills_and_replaces(database: &Place, told: fn(Contents) -> Vec<String>) {
    // Fewer than one statement inserts, as many, some more, and as before.
    for (rows, seed) in [(1, 1), (200, 2), (70_001, 3), (200, 2)] {
        let (rows_arg, seed_arg) = (format!("--rows={rows}"), format!("--seed={seed}"));
        let ran = generate(&database.url, &[&rows_arg, &seed_arg]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let contents = Contents { rows, seed };
        assert!(ran.stdout.contains(&format!(" holds {contents}: ")), "{}", ran.stdout);
        assert!(ran.stdout.ends_with(" rows per second\n"), "{}", ran.stdout);
        assert_holds(database, &told(contents));
    }
}

#[test]
fn it_makes_the_file_fills_the_tables_and_replaces_them() {
    fills_and_replaces(&Place::sqlite(), told_by_sqlite);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn it_fills_the_tables_of_postgres_and_replaces_them() {
    fills_and_replaces(&Place::postgres(), told_by_postgres);
}

#[test]
fn killed_half_way_it_leaves_the_old_tables() {
    let database = filled(Place::sqlite(), OLD);
    let size = || fs::metadata(database.path()).unwrap().len();
    let generator = start_many(&database);
    until("the second table", || size() > ONE_AND_A_HALF);
    generator.kill();
    assert_holds(&database, &told_by_sqlite(OLD));
    assert!(size() < 1_000_000, "and gives the room back");
}

#[cfg(unix)]
#[test]
fn told_to_stop_half_way_it_leaves_the_old_tables() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let database = filled(Place::sqlite(), OLD);
        let size = || fs::metadata(database.path()).unwrap().len();
        let generator = start_many(&database);
        until("the second table", || size() > ONE_AND_A_HALF);
        generator.signal(signal);
        let ran = generator.end();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""));
        let said = format!("error: interrupted before {} was filled\nhint: ", database.url);
        assert!(ran.stderr.starts_with(&said), "{}", ran.stderr);
        assert!(size() < 1_000_000, "the room is given back before anybody reads");
        assert_holds(&database, &told_by_sqlite(OLD));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_keeps_the_old_tables() {
    let database = filled(Place::sqlite(), OLD);
    // 2,000 blocks of 512 or 1,024 bytes: the first table fits. No signal at the limit.
    let script = format!("trap '' XFSZ; ulimit -f 2000; exec {GENERATOR} --rows 100000");
    let ran = start("sh", &database.url, &["-c", &script]).end();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: sqlite:"), "{}", ran.stderr);
    assert_holds(&database, &told_by_sqlite(OLD));
}

/// Waits until the server takes rows of the second table.
fn until_copying(database: &Place) -> Connection {
    let mut connection = database.connect();
    let copies = "SELECT count(*) FROM pg_stat_activity \
                  WHERE application_name = current_setting('application_name') AND query LIKE 'COPY second_table %'";
    until("the second table", || connection.integer(copies).expect("it answers") > Some(0));
    connection
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn killed_half_way_it_leaves_the_old_tables_of_postgres() {
    let database = filled(Place::postgres(), OLD);
    let generator = start_many(&database);
    until_copying(&database);
    generator.kill();
    assert_holds(&database, &told_by_postgres(OLD));
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_stops_half_way_is_told_and_keeps_the_old_tables() {
    let database = filled(Place::postgres(), OLD);
    let generator = start_many(&database);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
    until_copying(&database).execute(end).unwrap();
    let ran = generator.end();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    let [error, hint] = ran.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("{}", ran.stderr)
    };
    assert!(error.starts_with("error: postgres://") && error.contains(" went away: "), "{error}");
    assert_eq!(hint, "hint: look at what the server itself says, and run it again");
    assert_holds(&database, &told_by_postgres(OLD));
}

const WAITS: &str = "note: another program writes to the same tables; waiting for it\n";

/// Two at once, of which one is the last.
fn both_finish(database: &Place, told: fn(Contents) -> Vec<String>) {
    let args = [["--rows", "100000", "--seed", "1"], ["--rows", "100000", "--seed", "2"]];
    for child in args.map(|args| start(GENERATOR, &database.url, &args)) {
        let ran = child.end();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(["", WAITS].contains(&ran.stderr.as_str()), "{}", ran.stderr);
    }
    let holds = run(Strategy::Sync, &database.url, &[]);
    let may_hold = [1, 2].map(|seed| told(Contents { rows: 100_000, seed }));
    assert!(may_hold.iter().any(|told| said(&holds) == *told), "{}", holds.stdout);
}

#[test]
fn two_at_once_both_finish() {
    both_finish(&Place::sqlite(), told_by_sqlite);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn two_at_once_both_finish_on_postgres() {
    both_finish(&Place::postgres(), told_by_postgres);
}

/// As the clients do with their default file.
fn tables_that_are_there_are_not_filled_again(database: &Place, told: fn(Contents) -> Vec<String>) {
    for seed in [1, 2] {
        fill_if_missing(&database.database(), &Contents { rows: 10, seed })
            .expect("it can be filled");
        assert_holds(database, &told(Contents { rows: 10, seed: 1 }));
    }
}

#[test]
fn tables_that_are_there_are_not_filled_again_in_sqlite() {
    tables_that_are_there_are_not_filled_again(&Place::sqlite(), told_by_sqlite);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn tables_that_are_there_are_not_filled_again_in_postgres() {
    tables_that_are_there_are_not_filled_again(&Place::postgres(), told_by_postgres);
}

#[test]
fn wrong_options_are_told_with_what_is_wanted() {
    let database = Place::sqlite();
    let rows = "a whole number from 1 to 1000000000 is wanted";
    let seed = "a whole number from 0 to 18446744073709551615 is wanted";
    for (args, wanted) in [
        (["--rows", "0"], rows),
        (["--rows", "many"], rows),
        (["--rows", "1000000001"], rows),
        (["--rows", "1.5"], rows),
        (["--rows=-1", "--seed=1"], rows),
        (["--seed", "x"], seed),
        (["--seed", "18446744073709551616"], seed),
        (["--rows=1", "--seed=-1"], seed),
    ] {
        let ran = generate(&database.url, &args);
        ran.assert_refuses(wanted);
    }
    assert!(!database.path().exists());
}
