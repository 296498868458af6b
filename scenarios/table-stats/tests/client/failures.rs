//! When things go wrong: one line of cause, one of what to do, exit code 1.

use std::fs;
use std::net::TcpStream;

use database::Database;
use database_test::{Place, url_as, url_of};
use harness::Report;
use harness::recording::{Outcome, Recording, Stretch};
use program_test::{Ran, nobody, until};
use table_stats::{Contents, Strategy};

use crate::support::{filled, generate, program, run, start};

const SOME: Contents = Contents { rows: 100, seed: 1 };

const FILL_IT: &str = "fill it with cargo run -p table-stats --bin generate-tables";
const NAME_ONE: &str = "name a database as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME";

/// The program said exactly this, and nothing else.
fn assert_says(ran: &Ran, cause: &str, hint: &str) {
    assert_eq!(ran.stderr, format!("error: {cause}\nhint: {hint}\n"));
    assert_eq!(ran.code, Some(1));
}

fn assert_drawn(ran: &Ran) {
    assert!(ran.stdout.contains("\nTime elapsed: ") && ran.stdout.contains("\navg 1  "));
}

/// All strategies fail so, and whose request it was is told: of those that ask
/// together any may be first.
fn assert_all_fail(url: &str, cause: &str, hint: &str) {
    for strategy in Strategy::ALL {
        let ran = run(strategy, url, &[]);
        let who = ran.stderr.strip_prefix("error: ").and_then(|rest| rest.split(':').next());
        let who = who.filter(|who| who.starts_with("avg ")).expect(&ran.stderr);
        assert_says(&ran, &format!("{who}: {cause}"), hint);
        assert_drawn(&ran);
    }
}

#[test]
fn nobody_at_the_server_is_told() {
    let nobody = nobody();
    let address = nobody.address;
    let url = format!("postgres://somebody:secret@{address}/cities");
    let words = TcpStream::connect(address).unwrap_err();
    let cause = format!("nobody answers at postgres://somebody@{address}/cities: {words}");
    let hint =
        "start the server that DATABASE_URL names, or leave DATABASE_URL out to use an SQLite file";
    assert_all_fail(&url, &cause, hint);
}

#[test]
fn a_database_that_knows_no_sql_is_refused() {
    let cause = "this program asks its database in SQL, which MongoDB does not know";
    let hint = "name one as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME in DATABASE_URL";
    for strategy in Strategy::ALL {
        assert_says(&run(strategy, "mongodb://localhost/cities", &[]), cause, hint);
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_wrong_password_is_told_and_not_shown() {
    let url = url_as("locked:guessed-wrong");
    let shown = Database::parse(&url).unwrap();
    let cause =
        format!("{shown} does not let you in: password authentication failed for user \"locked\"");
    assert_all_fail(&url, &cause, "check the user and the password in DATABASE_URL");
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_missing_database_is_told() {
    let url = url_of("no_such_database");
    let cause = format!("there is no database {}", Database::parse(&url).unwrap());
    assert_all_fail(&url, &cause, "create it with createdb, or name another one in DATABASE_URL");
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_postgres_without_tables_is_told_how_to_fill_it() {
    let database = Place::postgres();
    let ran = run(Strategy::Sync, &database.url, &[]);
    let cause = format!(
        "avg 1: {} lacks a table: relation \"first_table\" does not exist",
        database.database()
    );
    assert_says(&ran, &cause, FILL_IT);
    assert_drawn(&ran);
}

#[test]
fn a_file_without_tables_is_told_how_to_fill_it() {
    let database = Place::sqlite();
    database.execute("CREATE TABLE another (value integer)");
    let ran = run(Strategy::Sync, &database.url, &[]);
    let cause = format!("avg 1: {} lacks a table: no such table: first_table", database.url);
    assert_says(&ran, &cause, FILL_IT);
    let ran = run(Strategy::AsyncWithBlocking, &database.url, &[]);
    assert_says(&ran, &cause, FILL_IT);
}

#[test]
fn a_table_without_rows_is_told_how_to_fill_it() {
    let database = filled(Place::sqlite(), SOME);
    database.execute("DELETE FROM third_table");
    for strategy in Strategy::ALL {
        let ran = run(strategy, &database.url, &[]);
        assert_says(&ran, "avg 3: third_table has no rows", FILL_IT);
    }
}

#[test]
fn a_missing_file_is_told_how_to_fill_it() {
    let database = Place::sqlite();
    assert_all_fail(&database.url, &format!("there is no file {}", database.url), FILL_IT);
    assert!(!database.path().exists(), "and is not made");
}

#[test]
fn what_is_no_database_is_told_and_left_alone() {
    let database = Place::sqlite();
    let poem = "Batatinha quando nasce ".repeat(100);
    fs::write(database.path(), &poem).unwrap();
    let cause = format!("{} is no SQLite database", database.url);
    assert_all_fail(
        &database.url,
        &cause,
        "name another file in DATABASE_URL, or move this one away",
    );
    let ran = generate(&database.url, &["--rows", "1"]);
    assert_says(&ran, &cause, "name another file in DATABASE_URL, or move this one away");
    assert_eq!(fs::read_to_string(database.path()).unwrap(), poem);
}

#[test]
fn a_locked_file_is_told() {
    let database = filled(Place::sqlite(), SOME);
    let mut lock = database.connect();
    lock.execute("BEGIN EXCLUSIVE").unwrap();
    let children = [Strategy::Sync, Strategy::Async, Strategy::Thread]
        .map(|strategy| start(program(strategy), &database.url, &[]));
    for child in children {
        let ran = child.end();
        let cause = format!(": {} is locked by another program\n", database.url);
        assert!(ran.stderr.starts_with("error: avg ") && ran.stderr.contains(&cause));
        assert!(ran.stderr.ends_with("hint: wait until the program that writes to it is done\n"));
        assert_eq!(ran.code, Some(1));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let not_a_folder = tempfile::NamedTempFile::new().unwrap();
    let url = format!("sqlite:{}/tables.sqlite", not_a_folder.path().display());
    let ran = generate(&url, &["--rows", "1"]);
    let words = fs::File::create(not_a_folder.path().join("tables.sqlite")).unwrap_err();
    let cause = format!("{url} cannot be written: {words}");
    let hint = "name a file that may be written, in a folder that may be too";
    assert_says(&ran, &cause, hint);
}

#[test]
fn an_unknown_kind_of_database_is_told_before_anything_begins() {
    for (url, cause) in [
        ("mysql://me:secret@localhost/x", "'mysql:' is no kind of database that is known here"),
        ("nonsense", "the database's URL cannot be read"),
        ("postgres://me:sec:ret@[/x", "the database's URL cannot be read"),
        ("sqlite:", "the database's URL cannot be read"),
    ] {
        for ran in [run(Strategy::Async, url, &[]), generate(url, &[])] {
            assert_says(&ran, cause, NAME_ONE);
            assert_eq!(ran.stdout, "");
        }
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_stops_in_the_middle_of_a_query_is_told() {
    let database = filled(Place::postgres(), SOME);
    let mut lock = database.connect();
    // Whoever asks for this one has to wait, until the connection is cut.
    lock.execute("BEGIN; LOCK TABLE first_table").unwrap();
    let mut administrator = database.connect();
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE application_name = current_setting('application_name') AND wait_event_type = 'Lock'";
    for strategy in Strategy::ALL {
        let child = start(program(strategy), &database.url, &[]);
        until("the wait", || administrator.integer(cut).unwrap() > Some(0));
        let ran = child.end();
        // The blocking driver does not always read the server's last words.
        let whys = ["terminating connection due to administrator command", "connection closed"];
        let why = whys.into_iter().find(|why| ran.stderr.contains(why)).expect(&ran.stderr);
        let cause = format!("avg 1: {} went away: {why}", database.database());
        assert_says(&ran, &cause, "look at what the server itself says, and run it again");
        assert_drawn(&ran);
    }
}

#[test]
fn one_failure_ends_what_can_be_ended() {
    use Outcome::{Done, Failed};
    let database = filled(Place::sqlite(), SOME);
    database.execute("DROP TABLE fourth_table");
    let lanes = |strategy| {
        let lanes = run(strategy, &database.url, &["--json"]).report::<Report>().recording.lanes;
        lanes.into_iter().map(|lane| (lane.name, lane.outcome)).collect::<Vec<_>>()
    };
    let named = |wanted: &[(&str, Outcome)]| {
        wanted.iter().map(|(name, outcome)| ((*name).to_owned(), *outcome)).collect::<Vec<_>>()
    };
    let by_table = [
        ("avg 1", Done),
        ("sum 1", Done),
        ("avg 2", Done),
        ("sum 2", Done),
        ("avg 3", Done),
        ("sum 3", Done),
        ("avg 4", Failed),
    ];
    assert_eq!(lanes(Strategy::Sync), named(&by_table), "the last sum is never asked for");
    let averages = [("avg 1", Done), ("avg 2", Done), ("avg 3", Done), ("avg 4", Failed)];
    for strategy in [Strategy::AsyncWithBlocking, Strategy::Thread, Strategy::ThreadPool] {
        assert_eq!(lanes(strategy), named(&averages), "{strategy:?} asks for no sum");
    }
    // Those who were not done by then are dropped, and they were not more than three.
    let of_async = lanes(Strategy::Async);
    assert_eq!((of_async.len(), of_async[3].1), (4, Failed));
}

/// The driver's threads leave the requesters a moment after the run is over.
#[test]
fn who_is_dropped_is_not_told_as_going_on() {
    let database = filled(Place::sqlite(), Contents { rows: 20_000, seed: 1 });
    database.execute("DROP TABLE fourth_table");
    let nobody_goes_on = || {
        let report: Report = run(Strategy::Async, &database.url, &["--json"]).report();
        let Recording { lanes, elapsed, .. } = report.recording;
        assert!(lanes.iter().all(|lane| lane.future), "{lanes:?}");
        let going = || lanes.iter().filter(|lane| lane.outcome == Outcome::Unfinished);
        // On a busy machine a driver's thread may be inside for longer than a run waits.
        let in_driver = |it: &Stretch| !it.on_loop && it.to == elapsed;
        assert!(going().all(|lane| lane.stretches.iter().any(in_driver)), "{lanes:?}");
        going().count() == 0
    };
    let undisturbed = (0..20).filter(|_| nobody_goes_on()).count();
    assert!(undisturbed > 0, "somebody goes on in every run");
}

#[test]
fn wrong_options_are_told_with_what_is_wanted() {
    for (args, wanted) in [
        (["--rows", "0"], "a whole number from 1 to 1000000000 is wanted"),
        (["--rows", "1e6"], "a whole number from 1 to 1000000000 is wanted"),
        (["--workers", "0"], "a whole number from 1 up is wanted"),
        (["--workers", "18446744073709551615"], "a whole number from 1 up is wanted"),
        (["--connections", "none"], "a whole number from 1 up is wanted"),
        (["--connections", "4294967295"], "a whole number from 1 up is wanted"),
    ] {
        let ran = run(Strategy::Async, "sqlite:/no/such/file", &args);
        ran.assert_refuses(wanted);
    }
}
