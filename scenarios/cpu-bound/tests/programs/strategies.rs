//! What the six strategies have in common, and what tells them apart.

use cpu_bound::Strategy;
use harness::recording::{Lane, Outcome, Recording};

use crate::support::{found, report, run};

/// How many primes there are up to a number, from tables of the function π.
const KNOWN: [(&str, u32); 6] =
    [("10", 4), ("100", 25), ("1000", 168), ("10000", 1229), ("100000", 9592), ("1000000", 78_498)];

/// Enough work for ranges that overlap, if they can.
const SOME: &[&str] = &["--up-to", "3000000", "--ranges", "4"];

#[test]
fn the_manifest_lists_them_in_their_order() {
    let manifest = include_str!("../../Cargo.toml");
    let (_, list) = manifest.split_once("\nstrategies = [").expect("a list");
    let (list, _) = list.split_once(']').expect("its end");
    let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert_eq!(listed, Strategy::ALL.map(Strategy::name));
}

#[test]
fn every_strategy_finds_every_prime() {
    for (up_to, primes) in KNOWN {
        for strategy in Strategy::ALL {
            let ran = run(strategy, &["--up-to", up_to]);
            assert_eq!((found(&ran), ran.code), (Some(primes), Some(0)), "{strategy:?} to {up_to}");
        }
    }
}

#[test]
fn how_the_numbers_are_cut_changes_nothing() {
    for strategy in Strategy::ALL {
        let workers = strategy.has_workers().then_some(&["--workers", "5"]);
        for cut in [&["--ranges", "1"], &["--ranges", "13"]].into_iter().chain(workers) {
            let ran = run(strategy, &[&["--up-to", "10000"], &cut[..]].concat());
            assert_eq!(found(&ran), Some(1229), "{strategy:?} {cut:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn numbers_without_a_prime_are_no_failure() {
    for strategy in Strategy::ALL {
        let workers: &[_] = if strategy.has_workers() { &["--workers", "8"] } else { &[] };
        let ran = run(strategy, &[&["--up-to", "1"], workers].concat());
        assert_eq!((found(&ran), ran.code), (Some(0), Some(0)), "{strategy:?}: {}", ran.stderr);
    }
}

#[test]
fn each_range_is_a_lane_and_says_what_it_found() {
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--up-to", "100", "--ranges", "4"]);
        for (name, numbers, found) in [
            ("R1", "from 1 to 25", 9),
            ("R2", "from 26 to 50", 6),
            ("R3", "from 51 to 75", 6),
            ("R4", "from 76 to 100", 4),
        ] {
            let said = ran.stdout.contains(&format!("{name}: Looking for primes {numbers}"))
                && ran.stdout.contains(&format!("{name}: Found {found} primes"))
                && ran.stdout.contains(&format!("\n{name} "));
            assert!(said, "{strategy:?}, {name}:\n{}", ran.stdout);
        }
    }
}

/// The lanes of the ranges, without the heartbeat's.
fn ranges(recording: &Recording) -> Vec<&Lane> {
    recording.lanes.iter().filter(|lane| lane.name != "heartbeat").collect()
}

fn recorded(strategy: Strategy) -> Recording {
    let recording = report(strategy, SOME).recording;
    let lanes = ranges(&recording);
    let names: Vec<&str> = lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(names, ["R1", "R2", "R3", "R4"], "{strategy:?}");
    assert!(lanes.iter().all(|lane| lane.outcome == Outcome::Done), "{strategy:?}");
    recording
}

/// The names of the threads that a lane held.
fn threads<'a>(recording: &'a Recording, lane: &Lane) -> Vec<&'a str> {
    let name = |thread: usize| recording.threads[thread - 1].name.as_str();
    lane.stretches.iter().map(|stretch| name(stretch.thread)).collect()
}

#[test]
fn sync_and_async_compute_on_one_thread_one_range_after_another() {
    for strategy in [Strategy::Sync, Strategy::Async] {
        let recording = recorded(strategy);
        assert_eq!(recording.figures.threads, 1, "{strategy:?}");
        for pair in ranges(&recording).windows(2) {
            assert!(pair[0].ended <= pair[1].started, "{strategy:?}");
        }
    }
}

#[test]
fn async_ranges_are_ready_from_the_start_and_block_each_other() {
    let recording = recorded(Strategy::Async);
    let lanes = ranges(&recording);
    assert!(lanes[3].created < lanes[0].started.unwrap(), "ready before the first one began");
    // R1 may be too short to count as blocking; the last one is the longest.
    let blocked_last = recording.blocked.last().map(|blocked| &recording.lanes[blocked.lane].name);
    assert_eq!(blocked_last.map(String::as_str), Some("R4"));
}

#[test]
fn each_range_has_a_thread_of_its_own() {
    let recording = recorded(Strategy::Thread);
    for lane in ranges(&recording) {
        assert_eq!(threads(&recording, lane), [format!("thread of {}", lane.name)]);
    }
}

#[test]
fn a_pool_takes_the_ranges_with_as_many_threads_as_it_is_told() {
    let recording = recorded(Strategy::ThreadPool);
    for lane in ranges(&recording) {
        let held = threads(&recording, lane);
        assert!(matches!(held[..], ["worker 1" | "worker 2"]), "{held:?}");
    }
    let one = report(Strategy::ThreadPool, &[SOME, &["--workers", "1"]].concat());
    assert_eq!((one.recording.figures.threads, one.recording.figures.most_in_flight), (1, 1));
}

#[test]
fn ranges_on_several_threads_overlap() {
    for strategy in [Strategy::Thread, Strategy::ThreadPool, Strategy::AsyncSpawnBlocking] {
        let recording = recorded(strategy);
        let longest = |lane: &&Lane| {
            lane.stretches.iter().max_by_key(|stretch| stretch.held).map(|it| (it.from, it.to))
        };
        let mut held: Vec<_> = ranges(&recording).iter().filter_map(longest).collect();
        held.sort();
        assert!(held.windows(2).any(|pair| pair[1].0 < pair[0].1), "{strategy:?}: {held:?}");
    }
}

#[test]
fn children_compute_elsewhere_and_their_parent_only_waits() {
    let recording = recorded(Strategy::Process);
    assert_eq!(recording.figures.threads, 1);
    for lane in ranges(&recording) {
        let life = lane.ended.unwrap() - lane.created;
        assert!(lane.future && lane.held < life / 2, "{} held {:?}", lane.name, lane.held);
    }
}

#[test]
fn no_more_children_run_at_a_time_than_there_are_workers() {
    let args = [SOME, &["--workers", "1", "--json"]].concat();
    let ran = run(Strategy::Process, &args);
    let said: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with('R')).collect();
    for (place, line) in said.iter().take(8).enumerate() {
        let wanted = if place % 2 == 0 { "Looking" } else { "Found" };
        assert!(line.contains(wanted), "{said:#?}");
    }
}

#[test]
fn work_that_is_handed_over_leaves_the_loop_free() {
    let recording = recorded(Strategy::AsyncSpawnBlocking);
    for lane in ranges(&recording) {
        let on_loop = |of: &&harness::recording::Stretch| Some(of.thread) == recording.event_loop();
        let elsewhere = lane.stretches.iter().filter(|stretch| !on_loop(stretch)).count();
        assert!(elsewhere > 0, "{} held the event loop's thread only", lane.name);
    }
}

#[test]
fn work_is_handed_to_no_more_threads_than_there_are_workers() {
    let args = [SOME, &["--workers", "1"]].concat();
    let recording = report(Strategy::AsyncSpawnBlocking, &args).recording;
    let stretches = ranges(&recording).into_iter().flat_map(|lane| &lane.stretches);
    let elsewhere = stretches.filter(|stretch| Some(stretch.thread) != recording.event_loop());
    let mut held: Vec<_> = elsewhere.map(|stretch| (stretch.from, stretch.to)).collect();
    held.sort();
    assert!(held.len() == 4 && held.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{held:?}");
}
