//! What the five strategies have in common, and what tells them apart.

use std::collections::BTreeSet;
use std::fs;

use character_ingest::{PROGRAMS, Strategy};
use harness::Report;
use program_test::Ran;

use crate::support::{delay_server, ids_in, run, told};

/// Ten times faster than the real thing: waits of 0.2 s.
const FAST: [&str; 2] = ["--speed", "10"];

fn run_fast(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    run(strategy, &[&["--url", url], &FAST[..], args].concat()).well()
}

#[test]
fn every_strategy_ingests_the_same_ten_characters() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&[]);
        let out = tempfile::NamedTempFile::new().unwrap();
        run_fast(strategy, &url, &["--out", out.path().to_str().unwrap()]);
        assert_eq!(ids_in(out.path()), Vec::from_iter(1..=10), "{strategy:?}");
    }
}

#[test]
fn each_character_is_told_twice() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&[]);
        let ran = run_fast(strategy, &url, &[]);
        for id in 1..=10 {
            let wanted = [
                format!("Ingesting character number {id}"),
                format!("Ingested successfully character number {id}"),
            ];
            assert_eq!(told(&ran, &format!("C{id}")), wanted, "{strategy:?}");
        }
    }
}

#[test]
fn as_many_are_in_flight_as_the_strategy_allows() {
    for (strategy, most) in Strategy::ALL.into_iter().zip([1, 10, 1, 10, 5]) {
        let (server, url) = delay_server(&[]);
        let report: Report = run_fast(strategy, &url, &["--json"]).report();
        let stats = server.stats();
        assert_eq!(stats.most_in_flight, most, "{strategy:?}, at the server");
        assert_eq!(report.recording.figures.most_in_flight, most, "{strategy:?}, in the recording");
        assert_eq!((stats.answered, report.recording.figures.done), (10, 10), "{strategy:?}");
        assert_eq!(report.strategy, PROGRAMS.name(strategy));
        assert_eq!(report.ideal.unwrap().as_millis() as usize, 2_000 / most, "{strategy:?}");
    }
}

#[test]
fn a_limit_bounds_the_futures_as_workers_bound_a_pool() {
    for (strategy, bound) in [(Strategy::Async, "--limit"), (Strategy::ThreadPool, "--workers")] {
        let (server, url) = delay_server(&[]);
        let report: Report = run_fast(strategy, &url, &["--json", bound, "3"]).report();
        assert_eq!(server.stats().most_in_flight, 3, "{strategy:?}");
        let lanes = &report.recording.lanes;
        let first_end = lanes.iter().filter_map(|lane| lane.ended).min().unwrap();
        let made_before = lanes.iter().all(|lane| lane.created < first_end);
        assert!(made_before, "{strategy:?}: all are made at the start");
        let started_late = lanes.iter().filter(|lane| lane.started.unwrap() >= first_end);
        assert_eq!(started_late.count(), 7, "{strategy:?}: they wait for a place");
        assert_eq!(report.ideal.unwrap().as_millis(), 800, "{strategy:?}");
    }
}

#[test]
fn the_log_tells_how_many_threads_there_were() {
    for (strategy, threads) in Strategy::ALL.into_iter().zip([1, 1, 1, 10, 5]) {
        let (_server, url) = delay_server(&[]);
        let file = tempfile::NamedTempFile::new().unwrap();
        run_fast(strategy, &url, &["--log-file", file.path().to_str().unwrap()]);
        let log = fs::read_to_string(file.path()).unwrap();
        let thread = |line: &str| line.split_once("Thread ").map(|(_, it)| it[..2].to_owned());
        let seen: BTreeSet<_> = log.lines().map(thread).collect();
        assert_eq!((seen.len(), log.lines().count()), (threads, 20), "{strategy:?}: {seen:?}");
    }
}

#[test]
fn terminal_and_file_get_the_same_lines() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&[]);
        let file = tempfile::NamedTempFile::new().unwrap();
        let ran = run_fast(strategy, &url, &["--log-file", file.path().to_str().unwrap()]);
        // The time is taken for each of them, and threads come to them in any order.
        let untimed = |text: &str| -> BTreeSet<String> {
            let lines = text.lines().filter_map(|line| Some(line.split_once("] - [INFO] - ")?.1));
            lines.map(str::to_owned).collect()
        };
        let (shown, kept) = (untimed(&ran.stdout), untimed(&fs::read_to_string(file).unwrap()));
        assert_eq!((&shown, shown.len()), (&kept, 20), "{strategy:?}");
        let (process, _) = shown.first().unwrap().split_once(", ").unwrap();
        assert!(process.trim_start_matches("[Process ").parse::<u32>().is_ok(), "{process}");
    }
}

#[test]
fn any_characters_may_be_asked_for_in_any_order() {
    let (_server, url) = delay_server(&[]);
    let out = tempfile::NamedTempFile::new().unwrap();
    let args = ["--characters", "20,3-5", "--out", out.path().to_str().unwrap()];
    let report: Report =
        run_fast(Strategy::Sync, &url, &[&args[..], &["--json"]].concat()).report();
    let names: Vec<&str> = report.recording.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(names, ["C20", "C3", "C4", "C5"]);
    assert_eq!(ids_in(out.path()), [3, 4, 5, 20]);
}

#[test]
fn without_a_delay_the_api_is_asked_as_it_is_documented() {
    let (_server, url) = delay_server(&[]);
    for (delay, query) in [("0", ""), ("2", "?delay=0.2")] {
        let ran = run_fast(Strategy::Sync, &url, &["--delay", delay, "--json"]);
        let asks = ran.report::<Report>().recording.lanes[0].asks.clone();
        assert_eq!(asks, Some(format!("{url}/1{query}")));
    }
}
