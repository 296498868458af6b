//! What becomes of a program that is asked to end: each test runs itself once
//! more, as a process that gets the signals. Ctrl-C of Windows cannot be sent to
//! one process.
#![cfg(unix)]

use std::env;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use harness::signals::{Signal, on_first, on_first_for_now};
use program_test::{Program, command};

const IS_CHILD: &str = "SIGNALS_CHILD";

fn is_child() -> bool {
    env::var_os(IS_CHILD).is_some()
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Says a line to the test, and goes on waiting for a signal.
fn say_and_wait(line: &str) -> ! {
    say(line).expect("the test reads it");
    loop {
        thread::park();
    }
}

/// Starts the process of the test with this name.
fn start(test: &str) -> Program {
    let this = env::current_exe().expect("this program");
    Program::start(command(this, &["--exact", test, "--nocapture"]).env(IS_CHILD, "1"))
}

#[test]
fn the_first_signal_is_handed_over_and_a_second_ends_at_once() {
    if is_child() {
        let act = |signal: Signal| say_and_wait(&format!("got {signal:?}"));
        on_first(&[Signal::Interrupt, Signal::Terminate], act).unwrap();
        say_and_wait("listening");
    }
    for (first, got, second, code) in
        [("INT", "got Interrupt", "TERM", 143), ("TERM", "got Terminate", "INT", 130)]
    {
        let process = start("the_first_signal_is_handed_over_and_a_second_ends_at_once");
        process.until_it_says("listening");
        process.signal(first);
        process.until_it_says(got);
        process.signal(second);
        assert_eq!(process.end().code, Some(code), "{first}, {second}");
    }
}

#[test]
fn one_who_panics_while_it_ends_has_ended() {
    if is_child() {
        on_first(&[Signal::Hangup], |_| panic!("on purpose")).unwrap();
        say_and_wait("listening");
    }
    let process = start("one_who_panics_while_it_ends_has_ended");
    process.until_it_says("listening");
    process.signal("HUP");
    assert_eq!(process.end().code, Some(129));
}

#[test]
fn a_signal_after_one_has_stopped_listening_is_for_the_others_or_ends_the_process() {
    const BOTH: &[Signal] = &[Signal::Interrupt, Signal::Terminate];
    if is_child() {
        drop(on_first_for_now(BOTH, |signal| drop(say(&format!("heard {signal:?}")))).unwrap());
        on_first(&[Signal::Interrupt], |signal| say_and_wait(&format!("got {signal:?}"))).unwrap();
        say_and_wait("listening");
    }
    let start = || {
        let test = "a_signal_after_one_has_stopped_listening_is_for_the_others_or_ends_the_process";
        let process = start(test);
        process.until_it_says("listening");
        process
    };
    let process = start();
    process.signal("INT");
    process.until_it_says("got Interrupt");
    drop(process);
    let process = start();
    process.signal("TERM");
    assert_eq!(process.end().code, Some(143));
}

#[test]
fn who_begins_to_listen_when_a_signal_has_come_to_another_is_told_by_that_one() {
    if is_child() {
        let (go_on, told) = mpsc::channel();
        let (tell, came) = mpsc::channel();
        let before = on_first_for_now(&[Signal::Interrupt], move |_| {
            tell.send(()).unwrap();
            told.recv().unwrap();
        });
        say("listening").unwrap();
        came.recv().unwrap();
        drop(before);
        on_first(&[Signal::Interrupt], |signal| say_and_wait(&format!("got {signal:?}"))).unwrap();
        go_on.send(()).unwrap();
        say_and_wait("listening once more");
    }
    let process =
        start("who_begins_to_listen_when_a_signal_has_come_to_another_is_told_by_that_one");
    process.until_it_says("listening");
    process.signal("INT");
    process.until_it_says("got Interrupt");
}

#[test]
fn a_signal_that_is_not_listened_to_ends_the_process_as_ever() {
    if is_child() {
        on_first(&[Signal::Interrupt], |_| {}).unwrap();
        say_and_wait("listening");
    }
    let process = start("a_signal_that_is_not_listened_to_ends_the_process_as_ever");
    process.until_it_says("listening");
    process.signal("TERM");
    assert_eq!(process.end().signal, Some(15));
}

#[cfg(target_os = "linux")]
#[test]
fn what_nohup_has_started_goes_on_without_a_terminal() {
    const THIS: &str = "what_nohup_has_started_goes_on_without_a_terminal";
    if is_child() {
        on_first(&[Signal::Hangup, Signal::Terminate], |signal| {
            say_and_wait(&format!("got {signal:?}"))
        })
        .unwrap();
        say_and_wait("listening");
    }
    let this = env::current_exe().expect("this program");
    let mut nohup = command("nohup", &[]);
    nohup.arg(this).args(["--exact", THIS, "--nocapture"]).env(IS_CHILD, "1");
    let process = Program::start(&mut nohup);
    process.until_it_says("listening");
    process.signal("HUP");
    process.signal("TERM");
    process.until_it_says("got ");
    process.signal("TERM");
    let ran = process.end();
    assert!(ran.stdout.contains("got Terminate"), "{}", ran.stdout);
}
