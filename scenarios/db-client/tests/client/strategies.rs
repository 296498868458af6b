//! What the five strategies have in common, and what tells them apart.

use database_test::Place;
use db_client::{PROGRAMS, Strategy};
use harness::Report;
use harness::recording::{Lane, Outcome};

use crate::support::{cities, filled, replies, run};

/// How many rows R1, R2 and R3 are to get, counted without a database.
fn wanted(copies: u32) -> [usize; 3] {
    let a = cities().filter(|(name, _)| name.starts_with('A')).count();
    let m_or_p = cities().filter(|(_, state)| state.starts_with('M') || state.ends_with('P'));
    [cities().count(), a, m_or_p.count()].map(|rows| rows * copies as usize)
}

/// Every strategy gets what it is to get; gives the reports.
fn assert_answers(url: &str, copies: u32) -> Vec<Report> {
    let wanted = wanted(copies);
    let reports: [Report; 5] = Strategy::ALL.map(|strategy| {
        let ran = run(strategy, url, &[]).well();
        let mut replies = replies(&ran);
        replies.sort();
        let wanted = ["R1", "R2", "R3"].map(str::to_owned).into_iter().zip(wanted);
        assert_eq!(replies, wanted.collect::<Vec<_>>(), "{strategy:?}");
        run(strategy, url, &["--json"]).report()
    });
    for (strategy, report) in Strategy::ALL.iter().zip(&reports) {
        assert_eq!(report.strategy, PROGRAMS.name(*strategy));
        let outcomes: Vec<Outcome> = lanes(report).map(|lane| lane.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done; 3], "{strategy:?}");
        assert!(lanes(report).all(|lane| lane.ended.is_some()), "{strategy:?}: {report:?}");
    }
    reports.into()
}

fn lanes(report: &Report) -> impl Iterator<Item = &Lane> {
    report.recording.lanes.iter()
}

fn most_in_flight(reports: &[Report]) -> Vec<usize> {
    reports.iter().map(|report| report.recording.figures.most_in_flight).collect()
}

fn threads(reports: &[Report]) -> Vec<usize> {
    reports.iter().map(|report| report.recording.figures.threads).collect()
}

/// The names of the threads that a requester held.
fn held(report: &Report, requester: usize) -> Vec<&str> {
    let recording = &report.recording;
    let mut ids: Vec<usize> =
        recording.lanes[requester].stretches.iter().map(|stretch| stretch.thread).collect();
    ids.sort_unstable();
    ids.dedup();
    let name = |id: &usize| {
        recording.threads.iter().find(|thread| thread.id == *id).expect("it is listed")
    };
    ids.iter().map(|id| name(id).name.as_str()).collect()
}

#[test]
fn the_counts_are_those_of_the_sources_generation_of_cities() {
    // 5,564, 411 and 1,950 per copy there; the country has made new ones since.
    assert_eq!(wanted(1), [5571, 410, 1952]);
}

#[test]
fn every_strategy_counts_the_same_rows_on_sqlite() {
    let file = filled(Place::sqlite(), 20);
    let reports = assert_answers(&file.url, 20);
    assert_eq!(most_in_flight(&reports), [1, 3, 1, 3, 2]);
    // An async connection to SQLite is a thread besides the event loop's.
    assert_eq!(threads(&reports), [1, 4, 1, 3, 2]);
}

/// No city begins with a small letter, so the counts above do not tell.
#[test]
fn like_minds_the_case_on_sqlite_as_on_postgres() {
    let file = filled(Place::sqlite(), 1);
    file.execute("INSERT INTO cities (name, state_id) VALUES ('atown', 1)");
    for strategy in [Strategy::Sync, Strategy::Async] {
        let replies = replies(&run(strategy, &file.url, &[]));
        assert!(replies.contains(&("R2".to_owned(), wanted(1)[1])), "{strategy:?}: {replies:?}");
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn every_strategy_counts_the_same_rows_on_postgres() {
    let database = filled(Place::postgres(), 20);
    let reports = assert_answers(&database.url, 20);
    assert_eq!(most_in_flight(&reports), [1, 3, 1, 3, 2]);
    assert_eq!(threads(&reports), [1, 1, 1, 3, 2], "lanes show connections");
}

#[test]
fn async_sqlite_holds_a_thread_for_each_connection() {
    let file = filled(Place::sqlite(), 1);
    let report: Report = run(Strategy::Async, &file.url, &["--json"]).report();
    let mut workers = Vec::new();
    for requester in 0..3 {
        let threads = held(&report, requester);
        let [main, worker] = threads.as_slice() else { panic!("two threads, not {threads:?}") };
        assert_eq!(*main, "main");
        assert!(worker.starts_with("sqlx-sqlite-worker-"), "{worker}");
        workers.push(worker.to_string());
    }
    workers.sort();
    workers.dedup();
    assert_eq!(workers.len(), 3, "{workers:?}");
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn async_postgres_shares_the_event_loops_thread() {
    let database = filled(Place::postgres(), 1);
    let report: Report = run(Strategy::Async, &database.url, &["--json"]).report();
    for (requester, lane) in lanes(&report).enumerate() {
        assert_eq!(held(&report, requester), ["main"]);
        assert!(lane.future && lane.polls >= 2, "{} was polled {} times", lane.name, lane.polls);
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn threads_are_named_for_their_requesters() {
    let database = filled(Place::postgres(), 1);
    let report: Report = run(Strategy::Thread, &database.url, &["--json"]).report();
    for requester in 0..3 {
        assert_eq!(held(&report, requester), [format!("thread of R{}", requester + 1)]);
    }
}

#[test]
fn blocking_requests_hold_their_thread_all_the_time() {
    let file = filled(Place::sqlite(), 1);
    for strategy in Strategy::ALL.into_iter().filter(|strategy| *strategy != Strategy::Async) {
        for lane in lanes(&run(strategy, &file.url, &["--json"]).report()) {
            let [call] = lane.stretches.as_slice() else { panic!("{strategy:?}: {lane:?}") };
            let whole = lane.started == Some(call.from) && lane.said.unwrap() <= call.to;
            assert!(whole && lane.polls == 1, "{strategy:?}: {lane:?}");
        }
    }
}

#[test]
fn one_after_another_is_told_one_after_another() {
    let file = filled(Place::sqlite(), 1);
    for strategy in [Strategy::Sync, Strategy::AsyncWithBlocking] {
        let ran = run(strategy, &file.url, &[]);
        let order: Vec<String> =
            replies(&ran).into_iter().map(|(requester, _)| requester).collect();
        assert_eq!(order, ["R1", "R2", "R3"], "{strategy:?}");
    }
}

#[test]
fn each_says_its_query_in_one_line() {
    let file = filled(Place::sqlite(), 1);
    let ran = run(Strategy::Async, &file.url, &[]);
    let said: Vec<&str> = ran.stdout.lines().skip(1).take(3).collect();
    let from = "SELECT c.name, s.state FROM cities c JOIN states s ON c.state_id = s.id";
    let wheres = [
        "WHERE s.state IN (SELECT state FROM states) ORDER BY s.long_name, c.name",
        "WHERE c.name LIKE 'A%'",
        "WHERE s.state LIKE 'M%' OR s.state LIKE '%P'",
    ];
    let wanted = ["R1", "R2", "R3"].into_iter().zip(wheres);
    let wanted =
        wanted.map(|(name, condition)| format!("{name}: Making query '{from} {condition}'"));
    assert_eq!(said, wanted.collect::<Vec<_>>());
}

#[test]
fn a_blocked_event_loop_is_told_with_whom_it_delayed() {
    let file = filled(Place::sqlite(), 20);
    let ran = run(Strategy::AsyncWithBlocking, &file.url, &[]);
    // Where the sentence breaks is a matter of how many digits its times have.
    let told = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("meanwhile R2 and R3 could not run."),
        "R1 takes more than 10 ms: {}",
        ran.stdout
    );
}

#[test]
fn speed_is_accepted_and_not_offered() {
    let file = filled(Place::sqlite(), 1);
    let ran = run(Strategy::Sync, &file.url, &["--speed", "10"]);
    assert_eq!((ran.code, replies(&ran).len()), (Some(0), 3), "{}", ran.stderr);
    let help = run(Strategy::Sync, &file.url, &["--help"]).stdout;
    assert!(help.contains("--copies") && !help.contains("--speed"), "{help}");
}
