//! What the clients have in common, and what tells them apart.

use std::time::Duration;

use harness::Report;
use harness::recording::{Lane, Outcome};
use wire_client::Program;

use crate::clients::{ALL, run};

/// What each requester said that the last reply was, in the order in which they said it.
fn replies(stdout: &str) -> Vec<(String, u64)> {
    let reply = |line: &str| {
        let (requester, rest) = line.split_once(": ")?;
        let number =
            rest.strip_prefix("Redis replied ").or(rest.strip_prefix("The last reply was "))?;
        Some((requester.to_owned(), number.replace(',', "").parse().expect("a number")))
    };
    stdout.lines().filter_map(reply).collect()
}

fn report(program: Program, args: &[&str]) -> Report {
    run(program, &[args, &["--json"]].concat()).well().report()
}

/// The names of the threads that a requester held.
fn held(report: &Report, lane: &Lane) -> Vec<String> {
    let mut ids: Vec<_> = lane.stretches.iter().map(|stretch| stretch.thread).collect();
    ids.sort_unstable();
    ids.dedup();
    let threads = &report.recording.threads;
    let name = |id| threads.iter().find(|thread| thread.id == id).expect("it is listed");
    ids.into_iter().map(|id| name(id).name.clone()).collect()
}

fn most_in_flight(report: &Report) -> usize {
    report.recording.figures.most_in_flight
}

/// The round trip at `--speed 2`.
const FAR: Duration = Duration::from_millis(250);

/// How far the first reply and the last one lie apart: of twelve that wait for one another,
/// eleven round trips at least.
fn ends_apart(report: &Report) -> Duration {
    let ends = || report.recording.lanes.iter().map(|lane| lane.ended.expect("it is done"));
    ends().max().expect("a lane") - ends().min().expect("a lane")
}

/// Every number is checked by the programs themselves, and the last one is here.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn every_client_counts_to_the_number_of_commands() {
    let args = ["--commands", "1003", "--in-flight", "10", "--connections", "3"];
    for program in ALL {
        let ran = run(program, &[&args[..], &["--round-trip", "0"]].concat()).well();
        let replies = replies(&ran.stdout);
        assert_eq!(replies.len(), 10, "{}: {}", program.name, ran.stdout);
        assert_eq!(replies.iter().map(|(_, last)| *last).max(), Some(1003), "{}", program.name);
        assert!(ran.stdout.contains("R1: Sending INCR 101 times\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains("R4: Sending INCR 100 times\n"), "{}", ran.stdout);
        assert!(ran.stderr.contains("note: the database is that of REDIS_URL"), "{}", ran.stderr);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn every_report_tells_its_program_and_that_all_are_done() {
    for program in ALL {
        let report = report(program, &["--speed", "50"]);
        assert_eq!(report.strategy, program.name);
        let outcomes: Vec<_> = report.recording.lanes.iter().map(|lane| lane.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done; 12], "{}", program.name);
        let ideal = if program.one_on_each { 120 } else { 10 };
        assert_eq!(report.ideal.map(|it| it.as_millis()), Some(ideal), "{}", program.name);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn one_at_a_time_means_one_round_trip_each() {
    for program in [Program::SIMPLE, Program::THREADED] {
        let said = run(program, &["--speed", "50"]).well().stdout;
        let wanted: String = (1..=12)
            .map(|it| format!("R{it}: Sending INCR\nR{it}: Redis replied {it}\n"))
            .collect();
        assert!(said.contains(&wanted), "{}: {said}", program.name);
        assert!(ends_apart(&report(program, &["--speed", "2"])) >= FAR * 11, "{}", program.name);
        for (connections, at_once) in [("1", 1), ("3", 3)] {
            let report = report(program, &["--speed", "50", "--connections", connections]);
            assert_eq!(most_in_flight(&report), at_once, "{}", program.name);
        }
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn many_on_their_way_at_once_wait_for_the_same_round_trip() {
    for program in [Program::LIBRARY, Program::PIPELINED] {
        let said = run(program, &["--speed", "2"]).well().stdout;
        let sent: String = (1..=12).map(|it| format!("R{it}: Sending INCR\n")).collect();
        let replied: String = (1..=12).map(|it| format!("R{it}: Redis replied {it}\n")).collect();
        assert!(said.contains(&(sent + &replied)), "{}: {said}", program.name);
        for connections in ["1", "3"] {
            let report = report(program, &["--speed", "2", "--connections", connections]);
            assert_eq!(most_in_flight(&report), 12, "{}", program.name);
            assert_eq!(report.recording.figures.threads, 1, "{}", program.name);
            assert!(ends_apart(&report) < FAR * 11, "{}: {report:?}", program.name);
        }
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn who_is_awaited_holds_the_event_loops_thread_and_hardly() {
    for program in [Program::LIBRARY, Program::PIPELINED, Program::SIMPLE] {
        let report = report(program, &["--speed", "50"]);
        for lane in &report.recording.lanes {
            assert_eq!(held(&report, lane), ["main"], "{}", program.name);
            assert!(lane.future && lane.polls >= 2, "{}: {}", program.name, lane.polls);
        }
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn who_blocks_keeps_a_thread_also_while_it_waits_for_its_turn() {
    let report = report(Program::BLOCKING, &["--commands", "4"]);
    assert_eq!(most_in_flight(&report), 4);
    assert_eq!(report.recording.figures.threads, 4);
    for lane in &report.recording.lanes {
        assert_eq!(held(&report, lane), [format!("thread of {}", lane.name)]);
        assert!(!lane.future);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_connection_with_a_thread_keeps_that_and_nobody_elses() {
    for (connections, threads) in [("1", 2), ("3", 4)] {
        let report = report(Program::THREADED, &["--speed", "50", "--connections", connections]);
        assert_eq!(report.recording.figures.threads, threads);
        for lane in &report.recording.lanes {
            let mut held = held(&report, lane);
            held.sort_unstable();
            assert_eq!(held, ["connection", "main"]);
        }
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_picture_is_written_and_a_guess_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("simple.svg");
    let path = file.to_str().expect("a path in UTF-8");
    let ran = run(Program::SIMPLE, &["--speed", "50", "--svg", path, "--guess", "6"]).well();
    assert!(std::fs::read_to_string(&file).expect("it was written").starts_with("<svg"));
    assert!(ran.stdout.contains("You guessed"), "{}", ran.stdout);
}
