//! What becomes of a program that is asked to end: each test runs itself once
//! more, as a process that gets the signals. Ctrl-C of Windows cannot be sent to
//! one process.
#![cfg(unix)]

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::signals::{Signal, on_first};

const IS_CHILD: &str = "SIGNALS_CHILD";

/// A process that goes on for so long will not end.
const PATIENCE: Duration = Duration::from_secs(30);

fn is_child() -> bool {
    env::var_os(IS_CHILD).is_some()
}

/// Says a line to the test, and goes on waiting for a signal.
fn say_and_wait(line: &str) -> ! {
    writeln!(io::stdout(), "{line}").expect("the test reads it");
    loop {
        thread::park();
    }
}

/// The process of the test with this name. It is killed when the test is done with it.
struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    fn start(test: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["--exact", test, "--nocapture"]).env(IS_CHILD, "1");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("this program");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, stdout }
    }

    /// Reads until it has said this; the test runner says something around it.
    fn until_it_says(&mut self, wanted: &str) {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            let read = self.stdout.read_line(&mut line).expect("a line");
            assert!(read > 0, "it never said '{wanted}'");
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.is_ok_and(|sent| sent.success()));
    }

    fn end(mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let mut process =
            Process::start("the_first_signal_is_handed_over_and_a_second_ends_at_once");
        process.until_it_says("listening");
        process.signal(first);
        process.until_it_says(got);
        process.signal(second);
        assert_eq!(process.end().code(), Some(code), "{first}, {second}");
    }
}

#[test]
fn one_who_panics_while_it_ends_has_ended() {
    if is_child() {
        on_first(&[Signal::Hangup], |_| panic!("on purpose")).unwrap();
        say_and_wait("listening");
    }
    let mut process = Process::start("one_who_panics_while_it_ends_has_ended");
    process.until_it_says("listening");
    process.signal("HUP");
    assert_eq!(process.end().code(), Some(129));
}

#[test]
fn a_signal_that_is_not_listened_to_ends_the_process_as_ever() {
    if is_child() {
        on_first(&[Signal::Interrupt], |_| {}).unwrap();
        say_and_wait("listening");
    }
    let mut process = Process::start("a_signal_that_is_not_listened_to_ends_the_process_as_ever");
    process.until_it_says("listening");
    process.signal("TERM");
    assert_eq!(process.end().signal(), Some(15));
}
