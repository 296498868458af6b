//! What else lives on the event loop while somebody computes.

use cpu_bound::Strategy;
use harness::recording::{Lane, Recording};

use crate::support::{report, run};

/// So much work, and a core that is free of it for the event loop, if there are two.
const SOME: &[&str] = &["--up-to", "3000000", "--ranges", "1"];

fn lane<'a>(recording: &'a Recording, name: &str) -> &'a Lane {
    recording.lanes.iter().find(|lane| lane.name == name).expect("it was there")
}

/// How many beats there were, how many there should have been, and by how many
/// milliseconds the worst one was late.
fn beats(strategy: Strategy) -> [u32; 3] {
    let ran = run(strategy, SOME);
    let line =
        ran.stdout.lines().find(|line| line.starts_with("heartbeat: ")).expect("a heartbeat");
    let words: Vec<&str> = line.split(' ').collect();
    let ["heartbeat:", beats, "of", wanted, "beats,", "at", "worst", late, "ms", "late"] =
        words[..]
    else {
        panic!("{line}")
    };
    [beats, wanted, late].map(|number| number.parse().expect("a number"))
}

#[test]
fn computing_on_the_event_loop_starves_the_heartbeat() {
    let [beats, wanted, late] = beats(Strategy::Async);
    assert!(beats == 1 && wanted > 5, "{beats} of {wanted} beats");
    assert!(late / 10 + 2 >= wanted, "{late} ms late at the end of {wanted} beats");

    let recording = report(Strategy::Async, SOME).recording;
    let (heartbeat, range) = (lane(&recording, "heartbeat"), lane(&recording, "R1"));
    assert!(heartbeat.created < range.created, "ready before the work");
    assert!(heartbeat.started >= range.ended, "begun after the work");
}

#[test]
fn computing_elsewhere_leaves_the_heartbeat_alive() {
    let [beats, wanted, late] = beats(Strategy::AsyncSpawnBlocking);
    assert!(beats > 3, "{beats} of {wanted} beats, {late} ms late");

    let recording = report(Strategy::AsyncSpawnBlocking, SOME).recording;
    let (heartbeat, range) = (lane(&recording, "heartbeat"), lane(&recording, "R1"));
    assert!(heartbeat.started < range.ended && heartbeat.polls > 3, "{}", heartbeat.polls);
}

#[test]
fn where_there_is_no_event_loop_there_is_no_heartbeat() {
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--up-to", "100"]);
        assert_eq!(ran.stdout.contains("heartbeat"), strategy.has_heartbeat(), "{strategy:?}");
    }
}
