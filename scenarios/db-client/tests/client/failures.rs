//! When things go wrong: one line of cause, one of what to do, and exit code 1.

use std::fs;
use std::net::TcpStream;

use database::Database;
use database_test::{Place, url_as, url_of};
use db_client::Strategy;
#[cfg(target_os = "linux")]
use program_test::command_without_threads;
use program_test::{Program, Ran, nobody, until};

#[cfg(target_os = "linux")]
use crate::support::program;
use crate::support::{command, filled, replies, run};

const FILL: &str = "fill it with cargo run -p cities-db --bin generatedb";

/// Strategies with either kind of driver: one blocks, one does not.
const BOTH: [Strategy; 2] = [Strategy::Sync, Strategy::Async];

/// A requester failed with exactly these two lines. Which of those that wait
/// together is the first to fail is anybody's guess.
#[track_caller]
fn assert_fails(ran: &Ran, cause: &str, hint: &str) {
    let (error, advice) = ran.error_and_hint();
    let of_all = ["R1", "R2", "R3"].map(|requester| format!("{requester}: {cause}"));
    assert!(of_all.iter().any(|wanted| wanted == error), "{error}\nis not: {cause}");
    assert_eq!(advice, hint);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("\nTime elapsed: "), "{}", ran.stdout);
}

/// The URL as messages have it: without its password.
fn shown(url: &str) -> String {
    Database::parse(url).expect("it is a URL").to_string()
}

#[test]
fn nobody_at_the_given_address_says_what_to_start() {
    let nobody = nobody();
    let address = nobody.address;
    for strategy in Strategy::ALL {
        let ran = run(strategy, &format!("postgres://me:open-sesame@{address}/cities"), &[]);
        let words = TcpStream::connect(address).unwrap_err();
        let cause = format!("nobody answers at postgres://me@{address}/cities: {words}");
        let hint = "start the server that DATABASE_URL names, \
            or leave DATABASE_URL out to use an SQLite file";
        assert_fails(&ran, &cause, hint);
        assert!(!ran.stderr.contains("sesame") && !ran.stdout.contains("sesame"));
    }
}

#[test]
fn a_database_that_knows_no_sql_is_refused() {
    for url in ["mongodb://me:open-sesame@localhost/cities", "mongodb+srv://localhost"] {
        for strategy in Strategy::ALL {
            let ran = run(strategy, url, &[]);
            let cause = "this program asks its database in SQL, which MongoDB does not know";
            let hint = "name one as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME in DATABASE_URL";
            ran.assert_fails(cause, hint);
        }
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
    let database = Place::postgres();
    for strategy in BOTH {
        let cause =
            format!("{} lacks a table: relation \"cities\" does not exist", shown(&database.url));
        assert_fails(&run(strategy, &database.url, &[]), &cause, FILL);
    }
}

#[test]
fn missing_tables_on_sqlite_name_the_command() {
    let file = Place::sqlite();
    fs::write(file.path(), "").unwrap();
    for strategy in BOTH {
        let cause = format!("{} lacks a table: no such table: cities", file.url);
        assert_fails(&run(strategy, &file.url, &[]), &cause, FILL);
    }
}

#[test]
fn a_given_file_that_is_not_there_is_told_and_not_made() {
    let missing = Place::sqlite();
    for strategy in Strategy::ALL {
        let ran = run(strategy, &missing.url, &[]);
        assert_fails(&ran, &format!("there is no file {}", missing.url), FILL);
        assert!(!missing.path().exists(), "{strategy:?}");
    }
}

/// Both kinds of driver, stopped in the middle of a query. A lock keeps it there.
#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_stops_in_the_middle_of_a_query_is_told() {
    let database = filled(Place::postgres(), 1);
    for strategy in [Strategy::Sync, Strategy::Async, Strategy::AsyncWithBlocking] {
        let mut lock = database.connect();
        lock.execute("BEGIN; LOCK TABLE cities IN ACCESS EXCLUSIVE MODE").unwrap();
        let client = Program::start(&mut command(strategy, &database.url, &[]));
        // In a transaction the activity of others is a snapshot: look from outside.
        let mut other = database.connect();
        let stopped = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE application_name = current_setting('application_name') \
            AND wait_event_type = 'Lock'";
        until("it is stopped", || other.integer(stopped).unwrap() > Some(0));
        let ran = client.end();
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
    let file = Place::sqlite();
    fs::write(file.path(), "name,state\nManaus,AM\n".repeat(100)).unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().display());
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
    let file = filled(Place::sqlite(), 1);
    let mut lock = file.connect();
    lock.execute("BEGIN EXCLUSIVE").unwrap();
    // Each waits for seconds, so all at once.
    let clients = BOTH.map(|strategy| Program::start(&mut command(strategy, &file.url, &[])));
    for client in clients {
        assert_fails(
            &client.end(),
            &format!("{} is locked by another program", file.url),
            "wait until the program that writes to it is done",
        );
    }
}

#[test]
fn a_file_that_may_only_be_read_can_be_read() {
    let file = filled(Place::sqlite(), 1);
    let mut permissions = fs::metadata(file.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(file.path(), permissions).unwrap();
    for strategy in BOTH {
        let ran = run(strategy, &file.url, &[]);
        assert_eq!((ran.code, replies(&ran).len()), (Some(0), 3), "{}", ran.stderr);
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
        ran.assert_refuses("a whole number from 1 up is wanted");
    }
}

/// The drivers look `localhost` up on a thread.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_cannot_be_looked_up_for_want_of_threads_is_told() {
    for strategy in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command_without_threads(folder.path(), program(strategy), &[]);
        command.env("DATABASE_URL", "postgres://me@localhost:1/cities");
        let ran = program_test::run(&mut command);
        let lines: Vec<_> = ran.stderr.lines().collect();
        let [_no_ctrl_c, error, hint] = lines[..] else { panic!("{strategy:?}: {}", ran.stderr) };
        let cause = "no connection to postgres://me@localhost:1/cities can be opened: ";
        assert!(error.contains(cause), "{error}");
        assert!(hint.contains("ulimit -u"), "{hint}");
        assert_eq!(ran.code, Some(1));
    }
}
