//! `--report`: what is in the file, however a run ends.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use clap::Parser;
use harness::{Failure, Report};
use program_test::{Program, Ran};
use tracing::{info, info_span};

/// How the child's run is to end.
const CHILD: &str = "REPORTS_CHILD";

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    shared: harness::Options,
}

/// A run of one requester, which has said something and then goes on like this.
fn run_child(end: &str, file: &str) {
    let options = Options::parse_from(["child", "--report", file]);
    let run = harness::start("child", 1, &options.shared);
    let result = info_span!("requester", name = "R1").in_scope(|| {
        info!("begins");
        match end {
            "done" => harness::done(),
            "failed" => return Err(Failure::new("on purpose", "none")),
            "panic" => panic!("on purpose"),
            "stops" => harness::done(),
            _ => thread::sleep(Duration::from_secs(600)),
        }
        Ok(())
    });
    if end == "stops" {
        assert!(run.stop().is_some());
        run.say("It is over");
        thread::sleep(Duration::from_secs(600));
    }
    run.finish(result);
}

/// This test again, as a process whose run ends like this.
fn command(test: &str, end: &str, file: &Path) -> Command {
    let this = env::current_exe().expect("this program");
    let mut command = program_test::command(this, &["--exact", test, "--nocapture"]);
    command.env(CHILD, format!("{end} {}", file.display()));
    command
}

/// Whether this process is one, which has done its work by then.
fn was_child() -> bool {
    let Ok(told) = env::var(CHILD) else { return false };
    let (end, file) = told.split_once(' ').expect("both");
    run_child(end, file);
    true
}

/// What is in the file of a run that has ended.
fn report(ran: &Ran, file: &Path) -> Report {
    for text in ["R1: begins", "Time elapsed: ", "held a thread"] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
    let note = format!("note: the report is in '{}'\n", file.display());
    assert!(ran.stderr.contains(&note), "{}", ran.stderr);
    let text = fs::read_to_string(file).expect("it was written");
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    serde_json::from_str(&text).expect("a report")
}

#[test]
fn a_run_that_is_done_or_fails_or_panics_leaves_its_report() {
    if was_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    for (end, cause) in
        [("done", None), ("failed", Some("on purpose")), ("panic", Some("the program panicked"))]
    {
        let test = "a_run_that_is_done_or_fails_or_panics_leaves_its_report";
        let ran = program_test::run(&mut command(test, end, &file));
        let report = report(&ran, &file);
        assert_eq!(report.failure.map(|failure| failure.cause).as_deref(), cause, "{end}");
        assert_eq!((report.recording.lanes.len(), report.interrupted), (1, false), "{end}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_leaves_its_report() {
    if was_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let test = "a_run_that_is_interrupted_leaves_its_report";
    for (end, says, cause) in [
        ("waits", "R1: begins", "interrupted before every requester was done"),
        (
            "stops",
            "It is over",
            "interrupted when the run was over, before its picture was complete",
        ),
    ] {
        let child = Program::start(&mut command(test, end, &file));
        child.until_it_says(says);
        child.signal("INT");
        let ran = child.end();
        assert_eq!(ran.code, Some(130), "{}", ran.stderr);
        let report = report(&ran, &file);
        assert_eq!((report.interrupted, report.failure.unwrap().cause.as_str()), (true, cause));
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_no_empty_file() {
    if was_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new.json"), folder.path().join("old.json"));
    fs::write(&old, "an older report").unwrap();
    for file in [&new, &old] {
        let test = "a_run_that_is_killed_leaves_no_empty_file";
        let child = Program::start(&mut command(test, "waits", file));
        child.until_it_says("R1: begins");
        child.kill();
    }
    assert!(!new.exists());
    assert_eq!(fs::read_to_string(&old).unwrap(), "an older report");
}
