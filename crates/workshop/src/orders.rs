//! The orders in which the tasks of a program can run. One run shows one of them, and
//! luck decides which; here many are tried, and one in which the program is wrong is told
//! step by step. It can be run again in just that order.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use harness::text::harmless_lines;

use crate::exercise::{Exercise, Orders};
use crate::judge::Wrong;
use crate::place::{self, Place};
use crate::trial::{self, LIMITS};
use crate::turns;

pub use report::{End, Order, Report, Step, Way};

#[path = "../scheduled/any-order/src/report.rs"]
mod report;

/// What the program itself is called, that spawns the tasks.
pub(crate) const MAIN: &str = "main";

/// So begin the lines on stderr that are not the program's.
const OF_THE_SCHEDULER: [&str; 3] =
    ["Task failed, serializing schedule", "test panicked in task", "Test deadlocked, and "];

/// What came of one order, or of many.
pub struct Tried {
    /// What the program wrote down; none if it did not come so far.
    pub report: Option<Report>,
    /// Why, then.
    pub stopped: Option<Wrong>,
    /// The end of what it printed, on stdout and then on stderr, made harmless.
    pub printed: [String; 2],
}

impl Tried {
    /// Whether its one order ended as the exercise asks.
    pub fn is_right(&self, exercise: &Exercise) -> bool {
        let way = self.report.as_ref().and_then(|report| report.ways.first());
        exercise
            .orders
            .zip(way)
            .is_some_and(|(asked, way)| way.end == End::Result(asked.result.to_owned()))
    }
}

/// What is to be told of the orders that were tried.
pub struct Judged {
    /// Why the program is not right; none if it is, in all of them.
    pub wrong: Option<Wrong>,
    /// How many were tried.
    pub orders: u64,
    /// One in which it is wrong, else any one.
    pub way: Option<Way>,
    /// What it printed in that one, as [`Tried::printed`].
    pub printed: [String; 2],
}

/// Tries many orders, and one of them once more in a process that has done nothing before.
pub fn judge(asked: Orders, program: &Path) -> io::Result<Judged> {
    let tried = run(program, None)?;
    let Some(report) = tried.report else {
        let (wrong, printed) = (tried.stopped, tried.printed);
        return Ok(Judged { wrong, orders: 0, way: None, printed });
    };
    let is_right = |way: &&Way| way.end == End::Result(asked.result.to_owned());
    let simplest = |ways: Vec<&Way>| {
        // Of some, no order is kept.
        let told = ways.into_iter().filter(|way| !way.steps.is_empty());
        told.min_by_key(|way| way.order.changes()).cloned()
    };
    let (right, losing): (Vec<&Way>, Vec<&Way>) = report.ways.iter().partition(is_right);
    let wrong: u64 = losing.iter().map(|way| way.times).sum();
    let way = simplest(losing).or_else(|| simplest(right));
    let again = way.as_ref().map(|way| run(program, Some(&way.order))).transpose()?;
    let is_same = again.as_ref().and_then(|again| again.report.as_ref()).is_some_and(|again| {
        !again.strayed && again.ways.first().map(|it| &it.end) == way.as_ref().map(|way| &way.end)
    });
    let orders = report.orders;
    let seen = if !is_same {
        Some(
            "in the same order of its tasks it did not do the same again: perhaps it keeps \
             something in a `static`, which is still there when the next order is tried"
                .to_owned(),
        )
    } else if wrong > 0 {
        let ended = way.as_ref().map(ended).unwrap_or_default();
        Some(format!(
            "in {wrong} of {orders} orders that were tried it was not so; in the one above {ended}"
        ))
    } else {
        let alone = "in every order that was tried, no two of the tasks could run at the same time";
        (report.most_at_once < 2).then(|| alone.to_owned())
    };
    Ok(Judged {
        wrong: seen.map(Wrong::seen),
        orders,
        way: way.filter(|_| is_same),
        printed: again.map(|again| again.printed).unwrap_or_default(),
    })
}

/// How an order came to its end, in words.
pub fn ended(way: &Way) -> String {
    let stuck = way.steps.last().map(Step::all_who_wait).unwrap_or_default();
    match (&way.end, stuck.as_slice()) {
        (End::Deadlock, []) => "nobody could go on: the program itself waited".to_owned(),
        (End::Deadlock, [one]) => format!("nobody could go on: {one} waited"),
        (End::Deadlock, [all @ .., last]) => {
            format!("nobody could go on: {} and {last} waited", all.join(", "))
        }
        (End::Endless(_), _) => format!("it still went on after {} turns", turns::count(way)),
        (end, _) => end.to_string(),
    }
}

impl Step {
    /// Everybody with a name who could not go on after it, if nobody could.
    fn all_who_wait(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.waiting.iter().map(String::as_str).collect();
        if !self.ended && self.who != MAIN {
            all.push(&self.who);
        }
        all.sort_unstable();
        all
    }
}

/// Runs it in this order once more.
pub fn follow(program: &Path, order: &Order) -> io::Result<Tried> {
    run(program, Some(order))
}

fn run(program: &Path, order: Option<&Order>) -> io::Result<Tried> {
    let place = Place::new()?;
    let report = place.path().join("report.json");
    let mut command = Command::new(program);
    command.arg("--report").arg(&report).current_dir(place.path());
    if let Some(order) = order {
        let file = place.path().join("order.json");
        fs::write(&file, serde_json::to_vec(order)?)?;
        command.arg("--follow").arg(file);
    }
    let mut ended = supervisor::run(LIMITS, command);
    if !ended.is_good() {
        place::has_room(place.path())?;
    }
    let stdout = ended.end_of_stdout().unwrap_or_default();
    let is_own = |line: &&str| !OF_THE_SCHEDULER.iter().any(|start| line.starts_with(start));
    let stderr: Vec<&str> = ended.stderr.lines().filter(is_own).collect();
    let printed = [stdout, stderr.join("\n")].map(|text| harmless_lines(&text).into_owned());
    let status = match &ended.ended {
        Ok(ended) => ended.status,
        Err(error) => return Err(io::Error::new(error.kind(), error.to_string())),
    };
    let report: Option<Report> = trial::read(&report);
    let is_whole = |report: &Report| ended.stopped.is_none() && !report.ways.is_empty();
    let report = report.filter(|report| status.success() && is_whole(report));
    let stopped = match ended.stopped {
        _ if report.is_some() => None,
        Some(limit) => Some(format!("while its orders were tried, {}", trial::beyond(limit))),
        None => Some(format!(
            "while its orders were tried, it {}, and said too little or too much of them",
            trial::ended_how(status)
        )),
    };
    Ok(Tried { report, stopped: stopped.map(Wrong::seen), printed })
}
