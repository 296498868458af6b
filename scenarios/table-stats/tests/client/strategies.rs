//! What the five strategies have in common, and what tells them apart.

use std::thread;
use std::time::Duration;

use database::blocking::Connection;
use database_test::Place;
use harness::Report;
use harness::recording::Lane;
use program_test::{Ran, until};
use table_stats::{Contents, PROGRAMS, Strategy};

use crate::support::{filled, program, run, said, start, told_by_postgres, told_by_sqlite};

/// Not a number that averages divide by well, so that they have many digits.
const SOME: Contents = Contents { rows: 12_345, seed: 7 };

fn sorted<T: Ord>(mut lines: Vec<T>) -> Vec<T> {
    lines.sort();
    lines
}

fn run_well(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    run(strategy, url, args).well()
}

#[test]
fn every_strategy_answers_what_the_seed_foretells() {
    let database = filled(Place::sqlite(), SOME);
    for strategy in Strategy::ALL {
        let ran = run_well(strategy, &database.url, &[]);
        assert_eq!(sorted(said(&ran)), sorted(told_by_sqlite(SOME)), "{strategy:?}");
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn postgres_answers_the_same_with_all_its_digits() {
    let database = filled(Place::postgres(), SOME);
    for strategy in Strategy::ALL {
        let ran = run_well(strategy, &database.url, &[]);
        assert_eq!(sorted(said(&ran)), sorted(told_by_postgres(SOME)), "{strategy:?}");
    }
}

#[test]
fn sync_goes_table_by_table() {
    let database = filled(Place::sqlite(), SOME);
    let ran = run_well(Strategy::Sync, &database.url, &[]);
    assert_eq!(said(&ran), told_by_sqlite(SOME));
}

#[test]
fn the_others_know_all_averages_before_they_ask_for_a_sum() {
    let database = filled(Place::sqlite(), SOME);
    for strategy in Strategy::ALL.into_iter().filter(|strategy| *strategy != Strategy::Sync) {
        let ran = run_well(strategy, &database.url, &[]);
        let phases: Vec<bool> = said(&ran).iter().map(|line| line.starts_with("avg")).collect();
        assert_eq!(phases, [[true; 4], [false; 4]].concat(), "{strategy:?}");
    }
}

#[test]
fn blocking_inside_of_the_event_loop_goes_one_by_one() {
    let database = filled(Place::sqlite(), SOME);
    let ran = run_well(Strategy::AsyncWithBlocking, &database.url, &[]);
    let mut wanted = told_by_sqlite(SOME);
    wanted.sort_by_key(|line| line.contains("Sum"));
    assert_eq!(said(&ran), wanted);
}

/// Runs the program while the tables are locked, so that whoever asks has to
/// wait, until the server has seen so many wait.
fn run_locked(database: &Place, strategy: Strategy, args: &[&str], waiting: i64) -> Report {
    let mut lock = database.connect();
    let tables = "BEGIN; LOCK TABLE first_table, second_table, third_table, fourth_table";
    lock.execute(tables).expect("nobody else has a lock");
    let args = [&["--json"], args].concat();
    let child = start(program(strategy), &database.url, &args);
    let mut observer = database.connect();
    until("the wait", || waiters(&mut observer) == waiting);
    // Whoever else is going to ask has time to do so.
    thread::sleep(Duration::from_millis(200));
    assert_eq!(waiters(&mut observer), waiting, "{strategy:?}, at the server");
    lock.execute("ROLLBACK").expect("the server answers");
    child.end().report()
}

fn waiters(observer: &mut Connection) -> i64 {
    let count = "SELECT COUNT(*) FROM pg_stat_activity \
                 WHERE application_name = current_setting('application_name') AND wait_event_type = 'Lock' \
                 AND backend_type = 'client backend'";
    observer.integer(count).expect("the server answers").expect("a number")
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn as_many_are_in_flight_as_the_strategy_allows() {
    let database = filled(Place::postgres(), SOME);
    for (strategy, most) in Strategy::ALL.into_iter().zip([1, 4, 1, 4, 2]) {
        let report = run_locked(&database, strategy, &[], most);
        assert_eq!(report.recording.figures.most_in_flight as i64, most, "{strategy:?}");
        assert_eq!(
            (report.recording.figures.requesters, report.recording.figures.done),
            (8, 8),
            "{strategy:?}"
        );
        assert_eq!(report.strategy, PROGRAMS.name(strategy));
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn lanes_hold_as_many_threads_as_the_strategy_has() {
    let database = filled(Place::postgres(), SOME);
    // Each of the eight requests of `stats-thread` starts a thread.
    for (strategy, threads) in Strategy::ALL.into_iter().zip([1, 1, 1, 8, 2]) {
        let report: Report = run_well(strategy, &database.url, &["--json"]).report();
        assert_eq!(report.recording.figures.threads, threads, "{strategy:?}");
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn async_requests_wait_for_the_server_without_a_thread() {
    let database = filled(Place::postgres(), SOME);
    let report = run_locked(&database, Strategy::Async, &[], 4);
    for lane in &report.recording.lanes[..4] {
        let life = lane.ended.unwrap() - lane.created;
        assert!(lane.future && lane.polls >= 2, "{} had {} polls", lane.name, lane.polls);
        assert!(lane.held < life / 2, "{} held {:?} of {life:?}", lane.name, lane.held);
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn blocked_requests_are_ready_from_the_start_and_kept_waiting() {
    let database = filled(Place::postgres(), SOME);
    let report = run_locked(&database, Strategy::AsyncWithBlocking, &[], 1);
    let [first, second]: [&Lane; 2] = [&report.recording.lanes[0], &report.recording.lanes[1]];
    assert!(second.created < first.started.unwrap(), "ready before the first one began");
    assert!(second.started.unwrap() >= first.ended.unwrap(), "begun after the first one ended");
    assert_eq!(report.recording.blocked.first().map(|blocked| blocked.lane), Some(0));
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_pool_of_one_connection_makes_the_others_stand_in_line() {
    let database = filled(Place::postgres(), SOME);
    let report = run_locked(&database, Strategy::Async, &["--connections", "1"], 1);
    assert_eq!(report.recording.figures.most_in_flight, 4, "they wait, though not at the server");
    assert_eq!(report.recording.figures.done, 8);
}

#[test]
fn each_async_connection_to_sqlite_is_a_thread() {
    let database = filled(Place::sqlite(), SOME);
    let report: Report = run_well(Strategy::Async, &database.url, &["--json"]).report();
    let threads = report.recording.threads.iter();
    let workers = threads.filter(|thread| thread.name.contains("sqlite")).count();
    assert_eq!((workers, report.recording.figures.threads), (4, 5), "four, and the event loop's");
}

#[test]
fn a_pool_of_threads_is_as_large_as_it_is_told() {
    let database = filled(Place::sqlite(), SOME);
    let report: Report =
        run_well(Strategy::ThreadPool, &database.url, &["--workers", "1", "--json"]).report();
    assert_eq!((report.recording.figures.most_in_flight, report.recording.figures.threads), (1, 1));
}
