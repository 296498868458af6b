//! Draws a picture of a chapter from the recording that lies beside it, so that
//! all pictures are of the present style. `scripts/pictures` does it for all.
//!
//! `cargo run -p harness --example picture -- scenarios/http-client/pictures/sync.json`
//!
//! With `--record`, the recording is what a run prints with `--json`, on stdin.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, io};

use harness::recording::{Lane, Stretch};
use harness::{Failure, Report};

/// Stretches closer than this part of the run are kept as one: no picture is so
/// many pixels wide.
const APART: u32 = 1000;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let drawn = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--record", file] => record(Path::new(file)).and_then(|()| draw(Path::new(file))),
        [file] => draw(Path::new(file)),
        _ => Err(Failure::new("one recording is wanted", "name a file: pictures/sync.json")),
    };
    match drawn {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::FAILURE
        }
    }
}

fn draw(file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|error| wrong(file, &error.to_string()))?;
    let report: Report =
        serde_json::from_str(&text).map_err(|error| wrong(file, &error.to_string()))?;
    let picture = file.with_extension("svg");
    fs::write(&picture, report.svg()).map_err(|error| wrong(&picture, &error.to_string()))
}

fn record(file: &Path) -> Result<(), Failure> {
    let mut report: Report = serde_json::from_reader(io::stdin())
        .map_err(|error| wrong(Path::new("stdin"), &error.to_string()))?;
    if report.interrupted || report.failure.is_some() {
        return Err(wrong(file, "the run did not come to its end, and is no picture"));
    }
    let apart = report.recording.elapsed / APART;
    match report.stages {
        // Of the lanes nothing is drawn then.
        Some(_) => report.recording.lanes.iter_mut().for_each(|lane| lane.stretches.clear()),
        None => report.recording.lanes.iter_mut().for_each(|lane| merge(lane, apart)),
    }
    let text =
        serde_json::to_string_pretty(&report).map_err(|error| wrong(file, &error.to_string()))?;
    fs::write(file, text + "\n").map_err(|error| wrong(file, &error.to_string()))
}

/// Keeps neighbours on one thread as one.
fn merge(lane: &mut Lane, apart: Duration) {
    let mut merged: Vec<Stretch> = Vec::new();
    for stretch in lane.stretches.drain(..) {
        let last = merged.iter_mut().rev().find(|last| last.thread == stretch.thread);
        match last.filter(|last| stretch.from.saturating_sub(last.to) < apart) {
            Some(last) => {
                last.to = last.to.max(stretch.to);
                last.held += stretch.held;
                last.polls += stretch.polls;
            }
            None => merged.push(stretch),
        }
    }
    lane.stretches = merged;
}

fn wrong(file: &Path, what: &str) -> Failure {
    Failure::new(
        format!("'{}': {what}", file.display()),
        "name a recording, which a run prints with --json",
    )
}
