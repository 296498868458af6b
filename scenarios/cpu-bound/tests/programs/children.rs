//! Children that do not do what they should.

use cpu_bound::Strategy;

use crate::support::{program, run};

#[test]
fn a_child_that_answers_rubbish_is_told_with_its_range() {
    // Another program of this package knows the option and does something else.
    let other = program(Strategy::Sync);
    let ran = run(Strategy::Process, &["--up-to", "1000", "--child", other]);
    let (before, after) = ran.stderr.split_once(", with the numbers from ").expect("a range");
    assert!(before.contains("error: R") && before.contains(": process "), "{}", ran.stderr);
    assert!(
        after.contains(" answered \"==========\"\nhint: let no build replace"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_child_that_cannot_be_started_is_told_with_its_range() {
    let ran = run(Strategy::Process, &["--up-to", "1000", "--child", "no/such/program"]);
    let cause = "error: R1: no process can be started for the numbers from 1 to 500: ";
    assert!(ran.stderr.starts_with(cause), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_child_without_a_parent_does_nothing() {
    // Its standard input is at its end from the beginning.
    let ran = run(Strategy::Process, &["--count", "1-30000000"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
}
