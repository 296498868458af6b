//! Guess first, for every strategy at once.

use program_test::Ran;

use crate::support::{rows, run};

/// What stands below the timelines: each strategy, and what became of its guess.
fn sentences(ran: &Ran) -> Vec<String> {
    let (_, part) = ran.stdout.trim_end().rsplit_once("\n\n").expect("parts");
    let (_, rows) = part.split_once('\n').expect("a head");
    let words = rows.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = words.replace(". async", ".\nasync").replace(". thread", ".\nthread");
    ends.lines().map(str::to_owned).collect()
}

#[test]
fn each_strategy_tells_what_became_of_its_guess() {
    let ran = run(&["http-client", "--speed", "10", "--guess", "90,80,70,60,50"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(rows(&ran).len(), 5, "{}", ran.stdout);
    let sentences = sentences(&ran);
    for (sentence, (guess, reason)) in sentences.iter().zip([
        ("sync You guessed 90 s; it took ", "one at a time, on one thread"),
        ("async You guessed 80 s; it took ", "All 3 waited at the same time"),
        ("async-with-blocking You guessed 70 s; it took ", "R1 and R2 held the event loop"),
        ("thread You guessed 60 s; it took ", "each on a thread of its own"),
        ("thread-pool You guessed 50 s; it took ", "the others held both threads"),
    ]) {
        assert!(sentence.starts_with(guess) && sentence.contains(reason), "{sentence}");
    }
    assert_eq!(sentences.len(), 5, "{sentences:#?}");
}

#[test]
fn guesses_go_with_the_strategies_that_are_picked_in_the_order_of_the_table() {
    let args = ["http-client", "--speed", "50", "--strategies", "thread,sync"];
    let ran = run(&[&args[..], &["--guess", "90,60"]].concat());
    let sentences = sentences(&ran);
    assert!(sentences[0].starts_with("sync You guessed 90 s;"), "{sentences:#?}");
    assert!(sentences[1].starts_with("thread You guessed 60 s;"), "{sentences:#?}");

    let ran = run(&[&args[..], &["--guess", "90,60,1"]].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        ran.stderr,
        "error: 3 guesses for 2 strategies\nhint: guess once for each, in this order: sync, thread\n"
    );
}

#[test]
fn a_run_that_failed_is_no_test_of_a_guess() {
    let args = ["http-client", "--strategies", "sync", "--seconds", "0,301", "--guess", "5"];
    let ran = run(&args);
    assert_eq!(ran.code, Some(1));
    let sentences = sentences(&ran);
    assert!(
        sentences[0].starts_with("sync You guessed 5 s; the run stopped after"),
        "{sentences:#?}"
    );
    assert!(
        sentences[0].ends_with("R2 failed, so the guess was not put to the test."),
        "{sentences:#?}"
    );
}

#[test]
fn wrong_guesses_are_told_with_what_is_wanted() {
    for guess in ["0,1,2,3,4", "1,-1,1,1,1", "-1", "soon"] {
        let ran = run(&["http-client", "--guess", guess]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        let wanted = "a number of seconds from 0.001 to 100000 is wanted, such as 12 or 0.5";
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(wanted), "{}", ran.stderr);
    }
    for args in [["--ladder", "1"], ["--", "--guess"]] {
        let ran = run(&[&["http-client", "--guess", "1,1,1,1,1"], &args[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
    }
}
