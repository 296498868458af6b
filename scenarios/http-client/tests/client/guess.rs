//! Guess first: what a run says about `--guess`.

use std::thread;

use delay_server::Config;
use harness::Report;
use http_client::Strategy;
use program_test::Ran;

use crate::support::{delay_server, run};

/// Ten times faster than the real thing: waits of 1 s, 0.2 s and 0.5 s.
fn run_with_guess(strategy: Strategy, seconds: &str) -> Ran {
    let (_server, url) = delay_server(Config::default());
    run(strategy, &["--url", &url, "--speed", "10", "--guess", seconds]).well()
}

/// What stands below the picture, in one line.
fn sentences(ran: &Ran) -> String {
    let (_, part) = ran.stdout.trim_end().rsplit_once("\n\n").expect("an empty line above it");
    part.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_strategy_has_a_reason_of_its_own() {
    let reasons = [
        ("R2 was asked for only when R1 had ended: one at a time, on one thread", ""),
        ("All 3 waited at the same time, so only the longest counts: R1", ""),
        (
            "R3, made at the start, was first polled after",
            "meanwhile R1 and R2 held the event loop.",
        ),
        (
            "All 3 ran at the same time, each on a thread of its own, so only the longest counts: R1",
            "",
        ),
        (
            "R3, made at the start, ran after",
            "meanwhile the others held both threads. But R1 alone",
        ),
    ];
    thread::scope(|scope| {
        for (strategy, (reason, more)) in Strategy::ALL.into_iter().zip(reasons) {
            scope.spawn(move || {
                let told = sentences(&run_with_guess(strategy, "1000"));
                assert!(told.starts_with("You guessed 1000 s; it took "), "{strategy:?}: {told}");
                assert!(told.contains(reason) && told.contains(more), "{strategy:?}: {told}");
            });
        }
    });
}

#[test]
fn a_guess_that_is_too_short_is_told_from_the_other_side() {
    let sentences = sentences(&run_with_guess(Strategy::Async, "0.001"));
    let wanted = "You guessed 0.001 s; it took ";
    assert!(
        sentences.starts_with(wanted)
            && sentences.contains("s. All 3 waited at the same time, but R1 alone took"),
        "{sentences}"
    );
}

#[test]
fn json_tells_the_guess_only_if_there_was_one() {
    let (_server, url) = delay_server(Config::default());
    let args = ["--url", &url, "--seconds", "0.1", "--json"];
    let guessed = run(Strategy::Sync, &[&args[..], &["--guess", "50"]].concat());
    let guess = guessed.report::<Report>().guess.unwrap();
    assert_eq!((guess.guess_s, guess.right), (50.0, Some(false)));
    assert!(guess.told.starts_with("You guessed 50 s; it took"), "{}", guess.told);
    assert!(guessed.stderr.contains("You guessed 50 s"), "{}", guessed.stderr);

    let silent = run(Strategy::Sync, &args);
    assert_eq!(silent.report::<Report>().guess, None);
    assert!(!silent.stdout.contains("guess") && !silent.stderr.contains("guess"));
}

#[test]
fn a_failed_run_does_not_test_a_guess() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(Strategy::Async, &["--url", &url, "--seconds", "20,301,20", "--guess", "20"]);
    let sentences = sentences(&ran);
    assert_eq!(ran.code, Some(1));
    assert!(sentences.starts_with("You guessed 20 s; the run stopped after"), "{sentences}");
    assert!(
        sentences.ends_with("R2 failed and 2 were dropped, so the guess was not put to the test."),
        "{sentences}"
    );
}

#[test]
fn a_guess_that_no_run_can_take_is_a_wrong_option() {
    for guess in ["0", "-1", "NaN", "inf", "1e300", "soon"] {
        let ran = run(Strategy::Async, &["--guess", guess]);
        let first = ran.stderr.lines().next().unwrap();
        let wanted = format!(
            "error: invalid value '{guess}' for '--guess <SECONDS>': a number of seconds from 0.001 to 100000 is wanted, such as 12 or 0.5"
        );
        assert_eq!((ran.code, first), (Some(2), wanted.as_str()));
    }
}
