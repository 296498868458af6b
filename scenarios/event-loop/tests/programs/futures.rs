//! What futures and tasks do: `never-awaited`, `spawned-task`, `print-after-sleep`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use harness::Report;
use harness::recording::Outcome;
use program_test::Ran;
use tokio::runtime::Builder;
use tokio::task::{AbortHandle, yield_now};

use crate::support::{NEVER_AWAITED, PRINT_AFTER_SLEEP, SPAWNED_TASK, lane, run, run_well};

const FAST: [&str; 2] = ["--speed", "20"];

#[test]
fn a_call_of_an_async_fn_runs_nothing() {
    let ran = run_well(NEVER_AWAITED, &FAST);
    let wanted = [
        "main: I called an async fn three times, and nothing of it has run",
        "F1: I run",
        "F1: I am done",
        "main: F1 is done; now I await F3",
        "F3: I run",
        "F3: I am done",
        "main: F3 is done; now I drop F2",
    ];
    assert_eq!(ran.said_by(&["main", "F1", "F2", "F3"]), wanted);
}

#[test]
fn a_future_that_is_never_awaited_is_never_polled() {
    let report: Report = run_well(NEVER_AWAITED, &[&FAST[..], &["--json"]].concat()).report();
    let (never, late) = (lane(&report, "F2"), lane(&report, "F3"));
    assert_eq!((never.outcome, never.polls, never.started), (Outcome::Dropped, 0, None));
    assert_eq!(late.outcome, Outcome::Done);
    // It was there from the start, and ran when it was awaited.
    let first = lane(&report, "F1");
    assert!(late.created < first.ended.unwrap() && late.started >= first.ended);
}

#[test]
fn a_task_starts_without_being_awaited_and_hands_back_its_result() {
    let ran = run_well(SPAWNED_TASK, &FAST);
    assert_eq!(ran.said("T1").len(), 3);
    let main = ran.said("main");
    assert_eq!(main.last(), Some(&"main: T1 handed back 6"));
    // Its first line comes before anybody awaits it.
    let said = ran.said_by(&["main", "T1"]);
    assert_eq!(said[1], "T1: I added 1: 1");
}

#[test]
fn a_task_whose_handle_is_dropped_goes_on() {
    let report: Report = run_well(SPAWNED_TASK, &[&FAST[..], &["--json"]].concat()).report();
    assert_eq!(lane(&report, "T2").outcome, Outcome::Done);
}

#[test]
fn a_task_that_is_aborted_stops_where_it_waits() {
    let ran = run_well(SPAWNED_TASK, &FAST);
    assert_eq!(ran.said("T3"), ["T3: I added 1: 1"]);
    assert_eq!(ran.said("main")[1], "main: I aborted T3, and is_cancelled() says true");
    let report: Report = run_well(SPAWNED_TASK, &[&FAST[..], &["--json"]].concat()).report();
    assert_eq!(lane(&report, "T3").outcome, Outcome::Dropped);
}

#[test]
fn a_task_that_is_aborted_while_it_runs_goes_on_to_its_next_await() {
    let (started, is_started) = mpsc::channel();
    let (aborted, is_aborted) = mpsc::channel();
    let (lend, borrow) = mpsc::channel::<AbortHandle>();
    thread::spawn(move || {
        let task = borrow.recv().unwrap();
        is_started.recv().unwrap();
        task.abort();
        aborted.send(()).unwrap();
    });
    let reached = Arc::new(AtomicU32::new(0));
    let steps = reached.clone();
    let result = Builder::new_current_thread().build().unwrap().block_on(async {
        let task = tokio::spawn(async move {
            started.send(()).unwrap();
            is_aborted.recv().unwrap();
            steps.store(1, Ordering::Relaxed);
            yield_now().await;
            steps.store(2, Ordering::Relaxed);
        });
        lend.send(task.abort_handle()).unwrap();
        task.await
    });
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(reached.load(Ordering::Relaxed), 1);
}

fn in_order(ran: &Ran) -> Vec<&str> {
    ran.said_by(&["T1", "T2", "T3"]).iter().map(|line| &line[..2]).collect()
}

#[test]
fn sleeping_tasks_print_shortest_first_if_they_sleep_together() {
    for how in ["join", "spawn"] {
        let ran = run_well(PRINT_AFTER_SLEEP, &["--speed", "10", "--how", how]);
        assert_eq!(in_order(&ran), ["T2", "T1", "T3"], "{how}");
        let ran = run_well(PRINT_AFTER_SLEEP, &["--speed", "10", "--how", how, "--json"]);
        assert_eq!(ran.report::<Report>().recording.figures.most_in_flight, 3, "{how}");
    }
}

#[test]
fn awaited_one_after_the_other_they_print_in_that_order() {
    let ran = run_well(PRINT_AFTER_SLEEP, &["--speed", "10", "--how", "await"]);
    assert_eq!(in_order(&ran), ["T1", "T2", "T3"]);
    let ran = run_well(PRINT_AFTER_SLEEP, &["--speed", "10", "--how", "await", "--json"]);
    assert_eq!(ran.report::<Report>().recording.figures.most_in_flight, 1);
}

#[test]
fn a_joined_future_is_polled_with_its_neighbours_and_a_task_is_not() {
    let polls = |how| {
        let ran = run_well(PRINT_AFTER_SLEEP, &["--speed", "10", "--how", how, "--json"]);
        lane(&ran.report(), "T3").polls
    };
    assert_eq!((polls("join"), polls("spawn")), (4, 2));
}

#[test]
fn wrong_options_are_told() {
    for (program, args, wanted) in [
        (PRINT_AFTER_SLEEP, ["--how", "thread"], "join, spawn, await"),
        (SPAWNED_TASK, ["--speed", "0"], "a number above 0 is wanted"),
        (NEVER_AWAITED, ["--how", "join"], "unexpected argument '--how'"),
    ] {
        run(program, &args).assert_refuses(wanted);
    }
}
