//! What becomes of programs that are run within limits.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use program_test::until;
use supervisor::{Counted, Ended, Limit, Limits, MOST_OF_END, how_it_ended};

/// More than any program here takes.
const WIDE: Limits = Limits {
    time: Duration::from_secs(300),
    output: 100_000_000,
    memory: 100_000_000_000,
    threads: 100_000,
    counted: Counted::Group,
};

/// Time enough for a shell to begin, on a machine that has much else to do.
const SHORT: Duration = Duration::from_secs(2);

fn shell(script: &str) -> Command {
    #[cfg(target_os = "linux")]
    program_test::let_programs_be_signalled();
    let mut command = Command::new("sh");
    // It may outlive a test that is killed.
    command.args(["-c", &format!("ulimit -t 60; {script}")]);
    command
}

fn run(limits: Limits, script: &str) -> Ended {
    supervisor::run(limits, shell(script))
}

fn is_running(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    Path::new(&format!("/proc/{id}")).exists() && !stat.contains(") Z ")
}

#[test]
fn a_program_gets_its_arguments_its_environment_and_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("echo $0 $WORD; pwd; cat; echo aside >&2");
    command.arg("argument").env("WORD", "environment").current_dir(folder.path());
    let mut ended = supervisor::run(WIDE, command);
    let folder = folder.path().canonicalize().unwrap();
    let stdout = format!("argument environment\n{}\n", folder.display());
    assert_eq!(ended.end_of_stdout().unwrap(), stdout);
    assert_eq!(ended.stderr, "aside\n");
    assert!(ended.is_good() && ended.stopped.is_none());
}

#[test]
fn how_a_program_ended_is_told_in_words() {
    for (script, words) in [
        ("exit 3", "ended with exit code 3"),
        ("kill -ABRT $$", "killed by signal 6"),
        ("kill -KILL $$", "killed by signal 9, from outside"),
    ] {
        let ended = run(WIDE, script);
        assert!(!ended.is_good() && ended.stopped.is_none());
        assert_eq!(how_it_ended(ended.ended.unwrap().status), words);
    }
}

#[test]
fn a_program_that_is_not_there_could_not_be_run() {
    let mut ended = supervisor::run(WIDE, Command::new("/no/such/program"));
    assert!(ended.ended.is_err() && !ended.is_good());
    assert_eq!(ended.end_of_stdout().unwrap(), "");
}

#[test]
fn who_takes_too_long_is_interrupted_and_may_say_what_it_has() {
    let limits = Limits { time: SHORT, ..WIDE };
    let script = "trap 'echo recorded; echo news >&2; exit 1' INT
        echo begun; echo before >&2; while :; do sleep 0.1; done";
    let mut ended = run(limits, script);
    assert_eq!(ended.stopped, Some(Limit::Time(SHORT)));
    assert_eq!(ended.end_of_stdout().unwrap(), "begun\nrecorded\n");
    assert_eq!(ended.stderr, "before\n", "what it says when it is told to end is no news");
    assert_eq!(ended.ended.unwrap().status.code(), Some(1));
}

/// It shares a core with another program for two seconds, and had a second of it at most.
#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_a_core_has_not_taken_that_time() {
    let busy = "taskset -c 0 timeout --foreground 2 sh -c 'while :; do :; done'";
    let limits = Limits { time: Duration::from_millis(1500), counted: Counted::Group, ..WIDE };
    let mut other = shell(&format!("{busy}; {busy}")).spawn().unwrap();
    let mut ended = run(limits, &format!("{busy}; echo ended"));
    other.wait().unwrap();
    assert_eq!(ended.stopped, None);
    assert_eq!(ended.end_of_stdout().unwrap(), "ended\n");
}

/// It shares a core too, and one process of it after another waits for that.
#[cfg(target_os = "linux")]
#[test]
fn what_those_that_have_ended_waited_for_a_core_does_not_count_either() {
    let own = "taskset -c 0 timeout --foreground 0.5 sh -c 'while :; do :; done'";
    let limits = Limits { time: SHORT, counted: Counted::Group, ..WIDE };
    // However long it takes on a busy machine, these have the core as well.
    let busy = "exec taskset -c 0 sh -c 'while :; do :; done'";
    let mut others: Vec<_> = (0..12).map(|_| shell(busy).spawn().unwrap()).collect();
    let mut ended = run(limits, &format!("for n in 1 2 3 4 5 6; do {own}; done; echo ended"));
    for other in &mut others {
        other.kill().unwrap();
        other.wait().unwrap();
    }
    assert_eq!(ended.stopped, None);
    assert_eq!(ended.end_of_stdout().unwrap(), "ended\n");
}

/// Each waits for a core most of the time, and it is the others of its own that have it.
#[cfg(target_os = "linux")]
#[test]
fn who_takes_the_cores_from_itself_has_taken_that_time() {
    let limits = Limits { time: SHORT, counted: Counted::Group, ..WIDE };
    let busy = "taskset -c 0 timeout --foreground 8 sh -c 'while :; do :; done' &".repeat(12);
    let mut ended = run(limits, &format!("{busy} wait; echo ended"));
    assert_eq!(ended.stopped, Some(Limit::Time(SHORT)));
    assert_eq!(ended.end_of_stdout().unwrap(), "");
}

#[test]
fn who_does_not_heed_that_is_killed() {
    let limits = Limits { time: SHORT, ..WIDE };
    let ended = run(limits, "trap '' INT TERM HUP; while :; do sleep 0.1; done");
    assert_eq!(ended.stopped, Some(Limit::Time(SHORT)));
    assert!(how_it_ended(ended.ended.unwrap().status).starts_with("killed by signal 9"));
}

#[test]
fn who_writes_too_much_is_killed_and_only_the_end_is_kept() {
    let limits = Limits { output: 1_000_000, ..WIDE };
    let mut ended = run(limits, "while :; do echo no end; echo aside >&2; done");
    assert_eq!(ended.stopped, Some(Limit::Output(1_000_000)));
    assert_eq!(ended.end_of_stdout().unwrap().len() as u64, MOST_OF_END);
    assert_eq!(ended.stderr.len() as u64, MOST_OF_END);
}

#[test]
fn what_a_program_leaves_behind_ends_with_it() {
    let mut ended = run(WIDE, "sleep 300 & echo $!");
    let id = ended.end_of_stdout().unwrap();
    until("it is gone", || !is_running(id.trim()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_threads_of_a_group_are_those_of_all_its_processes() {
    let limits = Limits { threads: 5, time: SHORT, ..WIDE };
    let children = "for n in 1 2 3 4 5 6 7 8; do sleep 300 & done; wait";
    assert_eq!(run(limits, children).stopped, Some(Limit::Threads(5)));
    let of_one = Limits { counted: Counted::Process, ..limits };
    assert_eq!(run(of_one, children).stopped, Some(Limit::Time(SHORT)));
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_group_is_that_of_all_its_processes() {
    // A shell has some 1 MB, and each of its children too.
    let limits = Limits { memory: 8_000_000, time: SHORT, ..WIDE };
    let children = "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 300 & done; wait";
    assert_eq!(run(limits, children).stopped, Some(Limit::Memory(8_000_000)));
    let of_one = Limits { counted: Counted::Process, ..limits };
    assert_eq!(run(of_one, children).stopped, Some(Limit::Time(SHORT)));
}
