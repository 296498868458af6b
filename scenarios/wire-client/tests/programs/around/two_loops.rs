//! Two event loops on two threads.

use harness::Report;
use harness::recording::{Lane, Outcome, Recording};
use program_test::{Ran, command, run};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wire-two-loops");

fn ran(args: &[&str]) -> Ran {
    run(&mut command(PROGRAM, args)).well()
}

fn recorded() -> Recording {
    let report: Report = ran(&["--hold", "0.05", "--json"]).report();
    report.recording
}

#[track_caller]
fn lane<'a>(recording: &'a Recording, name: &str) -> &'a Lane {
    recording.lanes.iter().find(|lane| lane.name == name).expect("it was there")
}

/// The names of the threads that it held, each once and in their order.
fn threads<'a>(recording: &'a Recording, name: &str) -> Vec<&'a str> {
    let stretches = lane(recording, name).stretches.iter();
    let mut names: Vec<&str> = stretches
        .map(|it| recording.thread(it.thread).expect("it is listed").name.as_str())
        .collect();
    names.dedup();
    names
}

#[test]
fn every_requester_is_done_and_tells_its_thread() {
    let ran = ran(&["--hold", "0"]);
    for (name, wanted) in [
        ("context", "there is no reactor running"),
        ("context", "tokio::spawn ran it on thread 'loop A'"),
        ("block_on", "polled on thread 'main'"),
        ("spawn", "polled on thread 'loop A'"),
        ("of A on B", "polled on thread 'loop B'"),
        ("of B on B", "polled on thread 'loop B'"),
        ("A is gone", "A Tokio 1.x context was found, but it is being shutdown"),
    ] {
        assert!(ran.said(name).iter().any(|line| line.contains(wanted)), "{name}: {}", ran.stdout);
    }
}

#[test]
fn who_says_ping_may_say_it_more_often() {
    let ran = ran(&["--hold", "0", "--commands", "9"]);
    for (name, often) in
        [("block_on", " 3 times"), ("spawn", " 2 times"), ("of A on B", " 2 times")]
    {
        let said = ran.said(name);
        assert!(said[0].contains(&format!("Sending PING{often}, polled")), "{said:?}");
        assert!(said[1].contains("The last reply is there"), "{said:?}");
    }
}

#[test]
fn what_is_always_the_same_cannot_be_chosen() {
    for (option, number, why) in [
        ("--commands", "3", "--commands is 4 at least"),
        ("--connections", "1", "--connections is always 4 here"),
        ("--in-flight", "4", "--in-flight is always 2 here"),
    ] {
        run(&mut command(PROGRAM, &[option, number])).assert_refuses(why);
    }
    ran(&["--hold", "0", "--commands", "4", "--connections", "4", "--in-flight", "2"]);
}

#[test]
fn a_handle_polls_where_it_is_told_to() {
    let recording = recorded();
    assert!(recording.lanes.iter().all(|lane| lane.outcome == Outcome::Done), "{recording:#?}");
    for (name, wanted) in [
        ("block_on", "main"),
        ("spawn", "loop A"),
        ("blocker", "loop A"),
        ("of A on B", "loop B"),
        ("of B on B", "loop B"),
    ] {
        assert_eq!(threads(&recording, name), [wanted], "{name}");
    }
}

#[test]
fn who_uses_an_object_of_a_blocked_loop_waits_for_that_loop() {
    let recording = recorded();
    let (blocker, of_a, of_b) =
        (lane(&recording, "blocker"), lane(&recording, "of A on B"), lane(&recording, "of B on B"));
    assert!(of_b.ended <= blocker.ended, "B was free: {recording:#?}");
    assert!(of_a.ended >= blocker.said, "it heard of its socket from A: {recording:#?}");
    assert!(of_a.started < blocker.said, "it was there meanwhile: {recording:#?}");
    let thread = recording.blocked.iter().find(|held| held.lane == blocker.number);
    let thread = recording.thread(thread.expect("50 ms are long").thread);
    assert_eq!(thread.map(|thread| thread.name.as_str()), Some("loop A"));
}

/// What the chapter says of it.
#[test]
#[should_panic(expected = "Cannot start a runtime from within a runtime")]
fn block_on_inside_of_a_loop_panics() {
    let runtime = || Builder::new_current_thread().enable_all().build().expect("a runtime");
    let other = runtime();
    runtime().block_on(async { other.handle().block_on(async {}) });
}

/// What the chapter says of it: a socket is registered where it is made.
#[test]
#[should_panic(expected = "there is no reactor running")]
fn a_socket_cannot_be_made_without_a_loop() {
    let _ = futures::FutureExt::now_or_never(TcpStream::connect("127.0.0.1:1"));
}
