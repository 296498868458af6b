//! One run of a learner's program, on a server of its own, within limits.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use delay_server::{Config, Server};
use harness::Report;
use harness::text::harmless_lines;
use serde::de::DeserializeOwned;
use supervisor::{Counted, Ended, Limit, Limits, how_it_ended};

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, stuck};
use crate::orders::{self, Judged};
use crate::place::{self, Place};
use crate::program::Built;

/// What a program may take. It needs a second; a machine that has much else to do
/// may need several.
pub(crate) const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    memory: 1024 * 1024 * 1024,
    threads: 500,
    output: 4 * 1024 * 1024,
    counted: Counted::Group,
};

/// What became of a run.
pub struct Outcome {
    /// Why it is not right; none if it is.
    pub wrong: Option<Wrong>,
    /// What it recorded; none if it never said.
    pub report: Option<Report>,
    /// What became of many orders of its tasks, if that is what decides.
    pub orders: Option<Judged>,
    /// The end of what it printed on stdout, made harmless.
    pub stdout: String,
    /// The same of stderr.
    pub stderr: String,
}

/// Tries the program of an exercise, and judges it: first in many orders of its tasks, if
/// that is asked, then as it is.
///
/// Fails if there is no place for it, or no server can be had: that is no fault of the
/// program's.
pub fn run(exercise: &Exercise, built: &Built) -> io::Result<Outcome> {
    let (Some(asked), Some(scheduled)) = (exercise.orders, &built.scheduled) else {
        return run_all(exercise, &built.program);
    };
    let mut judged = orders::judge(asked, scheduled)?;
    if judged.wrong.is_none() {
        let once = run_all(exercise, &built.program)?;
        if once.wrong.is_some() {
            return Ok(once);
        }
    }
    let (wrong, [stdout, stderr]) = (judged.wrong.take(), std::mem::take(&mut judged.printed));
    Ok(Outcome { wrong, report: None, orders: Some(judged), stdout, stderr })
}

/// Runs it in one trial after another, up to one in which it is wrong. If it is right in all
/// of them, what is told is the first.
fn run_all(exercise: &Exercise, program: &Path) -> io::Result<Outcome> {
    let [first, others @ ..] = exercise.trials else {
        return Err(io::Error::other("there is no trial of this exercise"));
    };
    let outcome = run_once(exercise, first, program)?;
    if outcome.wrong.is_some() {
        return Ok(outcome);
    }
    for trial in others {
        let mut again = run_once(exercise, trial, program)?;
        if let Some(wrong) = &mut again.wrong {
            // It was right before, so what is different is a part of what was seen.
            wrong.seen = format!("run once more, with {}: {}", trial.args.join(" "), wrong.seen);
            return Ok(again);
        }
    }
    Ok(outcome)
}

fn run_once(exercise: &Exercise, trial: &'static Trial, program: &Path) -> io::Result<Outcome> {
    let place = Place::new()?;
    let report = place.path().join("report.json");
    let server = trial.server.map(start).transpose()?;
    let mut command = Command::new(program);
    command.args(trial.args).arg("--report").arg(&report);
    if let Some(server) = &server {
        command.arg("--url").arg(format!("{}/delay-me", server.url()));
    }
    // What it makes is gone with its folder, and nothing that its user exports is for it.
    command.current_dir(place.path());
    command.env("RUST_BACKTRACE", "0").env_remove("RUST_LOG").env_remove("DATABASE_URL");
    let mut ended = supervisor::run(LIMITS, command);
    let visits = server.map(|server| {
        let visits = server.visits();
        // Where nobody can reach the server, no program can.
        let reached = if visits.is_empty() { place::is_reached(server.url()) } else { Ok(()) };
        server.stop();
        reached.map(|()| visits)
    });
    let visits = visits.transpose()?;
    if !ended.is_good() {
        place::has_room(place.path())?;
    }
    let report: Option<Report> = read(&report);
    let stdout = ended.end_of_stdout().unwrap_or_default();
    // Where its report went is not for learners.
    let is_told = |line: &&str| !line.starts_with("note: the report is in ");
    let stderr: Vec<&str> = ended.stderr.lines().filter(is_told).collect();
    let printed = [&stdout, &stderr.join("\n")].map(|text| harmless_lines(text).into_owned());
    let wrong = match beside_the_point(&ended, report.as_ref())? {
        Some(wrong) => Some(wrong),
        None => report.clone().and_then(|report| {
            let seen = Seen { trial, report, visits: visits.unwrap_or_default(), stdout };
            (exercise.judge)(&seen).err()
        }),
    };
    let [stdout, stderr] = printed;
    Ok(Outcome { wrong, report, orders: None, stdout, stderr })
}

fn start(rules: ServerRules) -> io::Result<Server> {
    let config = Config {
        addr: "127.0.0.1:0".to_owned(),
        max_in_flight: rules.places,
        max_seconds: rules.longest,
        grace: Duration::ZERO,
        max_visits: 10_000,
        ..Config::default()
    };
    Server::start(config).map_err(io::Error::other)
}

/// A report of a dozen requesters has some ten thousand bytes.
const LONGEST_REPORT: u64 = 16 * 1024 * 1024;

/// Reads it, if it is an ordinary file: whatever lies there, the program has made it.
pub(crate) fn read<Report: DeserializeOwned>(path: &Path) -> Option<Report> {
    let is_plain = |it: &fs::Metadata| it.is_file() && it.len() <= LONGEST_REPORT;
    fs::symlink_metadata(path).ok().filter(is_plain)?;
    serde_json::from_reader(io::BufReader::new(fs::File::open(path).ok()?)).ok()
}

/// What is wrong with a program whatever it was to do, in the order in which it
/// matters. Fails if it could not be run at all.
fn beside_the_point(ended: &Ended, report: Option<&Report>) -> io::Result<Option<Wrong>> {
    let status = match &ended.ended {
        Ok(ended) => ended.status,
        Err(error) => return Err(io::Error::new(error.kind(), error.to_string())),
    };
    if let Some(limit) = &ended.stopped {
        let why = report.map(|report| format!(": {}", stuck(&report.recording)));
        return Ok(Some(Wrong::seen(format!("{}{}", beyond(*limit), why.unwrap_or_default()))));
    }
    let panic = panic(&ended.stderr).map(|panic| format!("it panicked: {panic}"));
    let Some(report) = report else {
        let how = || format!("it {}, and its run had not come to an end", ended_how(status));
        return Ok(Some(Wrong::seen(panic.unwrap_or_else(how))));
    };
    if let Some(failure) = &report.failure {
        let who = failure.requester.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
        let failed = || format!("{who}{}", failure.cause);
        return Ok(Some(Wrong::seen(panic.unwrap_or_else(failed))));
    }
    // Its run was well, and something came after it.
    let after = || panic.unwrap_or_else(|| format!("it {} after its run", ended_how(status)));
    Ok((!status.success()).then(|| Wrong::seen(after())))
}

/// As in `it was killed by signal 6`.
pub(crate) fn ended_how(status: ExitStatus) -> String {
    let how = how_it_ended(status);
    if how.starts_with("killed") { format!("was {how}") } else { how }
}

pub(crate) fn beyond(limit: Limit) -> String {
    let megabytes = |bytes: u64| bytes / (1024 * 1024);
    match limit {
        Limit::Time(time) => format!("it had not ended after {} s", time.as_secs()),
        Limit::Output(bytes) => format!("it printed more than {} MB", megabytes(bytes)),
        Limit::Memory(bytes) => format!("it took more than {} MB of memory", megabytes(bytes)),
        Limit::Threads(threads) => format!("it ran more than {threads} threads at a time"),
    }
}

/// What the first panic said, and where.
fn panic(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().skip_while(|line| !line.contains("panicked at "));
    let place = lines.next()?.split_once("panicked at ")?.1.trim_end_matches(':');
    let said = lines.next().unwrap_or_default();
    Some(format!("{said} ({place})"))
}
