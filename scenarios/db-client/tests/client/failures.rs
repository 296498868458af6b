//! When things go wrong: one line of cause, one of what to do, and exit code 1.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use database::Database;
use db_client::Strategy;

use crate::support::{Postgres, Ran, command, connect, execute, file, run, sqlite, url_as, url_of};

const FILL: &str = "fill it with cargo run -p cities-db --bin generatedb";

/// Strategies with either kind of driver: one blocks, one does not.
const BOTH: [Strategy; 2] = [Strategy::Sync, Strategy::Async];

/// A requester failed with exactly these two lines. Which of those that wait
/// together is the first to fail is anybody's guess.
#[track_caller]
fn assert_fails(ran: &Ran, cause: &str, hint: &str) {
    let told: Vec<&str> = ran.stderr.lines().collect();
    let [error, advice] = told.as_slice() else { panic!("two lines, not {told:#?}") };
    let of_all = ["R1", "R2", "R3"].map(|requester| format!("error: {requester}: {cause}"));
    assert!(of_all.contains(&error.to_string()), "{error}\nis not: {cause}");
    assert_eq!(*advice, format!("hint: {hint}"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("\nTime elapsed: "), "{}", ran.stdout);
}

/// The URL as messages have it: without its password.
fn shown(url: &str) -> String {
    Database::parse(url).expect("it is a URL").to_string()
}

#[test]
fn nobody_at_the_given_address_says_what_to_start() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for strategy in Strategy::ALL {
        let ran = run(strategy, &format!("postgres://me:open-sesame@{address}/cities"), &[]);
        let words = TcpStream::connect(address).unwrap_err();
        let cause = format!("nobody answers at postgres://me@{address}/cities: {words}");
        let hint = "start it with docker compose -f docker/compose.yaml up, \
            or leave DATABASE_URL out to use an SQLite file";
        assert_fails(&ran, &cause, hint);
        assert!(!ran.stderr.contains("sesame") && !ran.stdout.contains("sesame"));
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_wrong_password_is_told_and_not_printed() {
    let url = url_as("locked:wrong-sesame");
    for strategy in Strategy::ALL {
        for args in [&[][..], &["--json"], &["--log", "full"]] {
            let ran = run(strategy, &url, args);
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("sesame"), "{strategy:?}");
            assert_eq!(ran.code, Some(1));
        }
        let cause = format!(
            "{} does not let you in: password authentication failed for user \"locked\"",
            shown(&url)
        );
        assert_fails(
            &run(strategy, &url, &[]),
            &cause,
            "check the user and the password in DATABASE_URL",
        );
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_missing_database_is_told() {
    let url = url_of("no_such_database");
    for strategy in BOTH {
        assert_fails(
            &run(strategy, &url, &[]),
            &format!("there is no database {}", shown(&url)),
            "create it with createdb, or name another one in DATABASE_URL",
        );
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn missing_tables_on_postgres_name_the_command() {
    let database = Postgres::empty();
    for strategy in BOTH {
        let cause =
            format!("{} lacks a table: relation \"cities\" does not exist", shown(&database.url));
        assert_fails(&run(strategy, &database.url, &[]), &cause, FILL);
    }
}

#[test]
fn missing_tables_on_sqlite_name_the_command() {
    let file = file(b"");
    for strategy in BOTH {
        let cause = format!("{} lacks a table: no such table: cities", file.url);
        assert_fails(&run(strategy, &file.url, &[]), &cause, FILL);
    }
}

#[test]
fn a_given_file_that_is_not_there_is_told_and_not_made() {
    let file = file(b"");
    let missing = file.folder.path().join("missing.sqlite");
    let url = format!("sqlite:{}", missing.display());
    for strategy in Strategy::ALL {
        assert_fails(&run(strategy, &url, &[]), &format!("there is no file {url}"), FILL);
        assert!(!missing.exists(), "{strategy:?}");
    }
}

/// Both kinds of driver, stopped in the middle of a query. A lock keeps it there.
#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_stops_in_the_middle_of_a_query_is_told() {
    let database = Postgres::filled(1);
    for strategy in [Strategy::Sync, Strategy::Async, Strategy::AsyncWithBlocking] {
        let mut lock = connect(&database.url);
        execute(&mut lock, "BEGIN; LOCK TABLE cities IN ACCESS EXCLUSIVE MODE");
        let running = command(strategy, &database.url, &[]).spawn().unwrap();
        // In a transaction the activity of others is a snapshot: look from outside.
        let mut other = connect(&database.url);
        let stopped = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while other.integer(stopped).unwrap() == Some(0) {
            thread::sleep(Duration::from_millis(10));
        }
        let ran: Ran = running.wait_with_output().unwrap().into();
        // The server's last words, unless the end of the connection overtook them.
        let last_words =
            ["terminating connection due to administrator command", "connection closed"];
        let heard = last_words.into_iter().find(|words| ran.stderr.contains(words));
        let cause = format!("{} went away: {}", shown(&database.url), heard.unwrap_or_default());
        assert_fails(&ran, &cause, "look at what the server itself says, and run it again");
    }
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let file = file(&b"name,state\nManaus,AM\n".repeat(100));
    for strategy in Strategy::ALL {
        assert_fails(
            &run(strategy, &file.url, &[]),
            &format!("{} is no SQLite database", file.url),
            "name another file in DATABASE_URL, or move this one away",
        );
    }
}

#[test]
fn a_folder_is_no_file() {
    let file = file(b"");
    let url = format!("sqlite:{}", file.folder.path().display());
    for strategy in BOTH {
        assert_fails(
            &run(strategy, &url, &[]),
            &format!("{url} cannot be opened"),
            "name another file in DATABASE_URL, or move this one away",
        );
    }
}

#[test]
fn a_locked_file_is_told() {
    let file = sqlite(1);
    let mut lock = connect(&file.url);
    execute(&mut lock, "BEGIN EXCLUSIVE");
    // Each waits for seconds, so all at once.
    let running = BOTH.map(|strategy| command(strategy, &file.url, &[]).spawn().unwrap());
    for running in running {
        assert_fails(
            &running.wait_with_output().unwrap().into(),
            &format!("{} is locked by another program", file.url),
            "wait until the program that writes to it is done",
        );
    }
}

#[test]
fn a_file_that_may_only_be_read_can_be_read() {
    let file = sqlite(1);
    let path = file.folder.path().join("cities.sqlite");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    for strategy in BOTH {
        let ran = run(strategy, &file.url, &[]);
        assert_eq!((ran.code, ran.replies().len()), (Some(0), 3), "{}", ran.stderr);
    }
}

#[test]
fn unknown_kinds_of_database_are_told_before_anything_begins() {
    let hint = "hint: name a database as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME\n";
    for (url, cause) in [
        (
            "mysql://me:open-sesame@localhost/x",
            "'mysql:' is no kind of database that is known here",
        ),
        ("open-sesame@localhost:5432/x", "the database's URL cannot be read"),
        ("open-sesame", "the database's URL cannot be read"),
        ("postgres://me:open-sesame@localhost:port/x", "the database's URL cannot be read"),
        ("sqlite:", "the database's URL cannot be read"),
    ] {
        let ran = run(Strategy::Async, url, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{url}");
        assert_eq!(ran.stderr, format!("error: {cause}\n{hint}"), "{url}");
    }
}

#[test]
fn wrong_options_are_told_with_what_is_wanted() {
    for args in [
        ["--copies", "0"],
        ["--copies", "many"],
        ["--copies", "4294967295"],
        ["--workers", "0"],
        ["--workers", "two"],
        ["--workers", "18446744073709551615"],
    ] {
        let ran = run(Strategy::ThreadPool, "sqlite:any", &args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.contains("a whole number from 1 up is wanted"), "{}", ran.stderr);
    }
}
