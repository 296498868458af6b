//! The orders in which the tasks of a program can run. One run shows one of them, and
//! luck decides which; here many are tried, and one in which the program is wrong is told
//! step by step. It can be run again in just that order.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::text::harmless_lines;
use supervisor::Limits;

use crate::exercise::Orders;
use crate::judge::Wrong;
use crate::place::{self, Place};
use crate::trial::{self, LIMITS};

pub use report::{End, Order, Report, Step, Way};

#[path = "../scheduled/any-order/src/report.rs"]
mod report;

/// It stops by itself after half of that, wherever it is between two orders.
const TIME: Duration = Duration::from_secs(20);

/// What came of one order, or of many.
pub struct Tried {
    /// What the program wrote down; none if it did not come so far.
    pub report: Option<Report>,
    /// Why, then.
    pub stopped: Option<Wrong>,
    /// The end of what it printed on stdout, made harmless.
    pub stdout: String,
}

/// An order in which a program is wrong.
pub struct Losing {
    /// How it ended, and what was seen on the way.
    pub way: Way,
    /// How many orders were tried.
    pub orders: u64,
    /// In how many of them it was wrong.
    pub wrong: u64,
}

/// Tries many orders; gives what is wrong, and the order that shows it, if one does.
pub fn judge(asked: Orders, program: &Path) -> io::Result<Option<(Wrong, Option<Losing>)>> {
    let tried = run(program, None)?;
    let Some(mut report) = tried.report else {
        return Ok(tried.stopped.map(|wrong| (wrong, None)));
    };
    let right = End::Result(asked.result.to_owned());
    let orders = report.orders;
    report.ways.retain(|way| way.end != right);
    let Some(way) = report.ways.iter().min_by_key(|way| way.order.changes()) else {
        let alone = report.most_at_once < 2;
        let seen = "in every order that was tried, no two of the tasks could run at the same time";
        return Ok(alone.then(|| (Wrong::seen(seen), None)));
    };
    // What is told is what it does once more, in a process that has done nothing before.
    let again = run(program, Some(&way.order))?.report.filter(|report| !report.strayed);
    let again = again.and_then(|report| report.ways.into_iter().next());
    let wrong = report.ways.iter().map(|way| way.times).sum();
    match again {
        Some(way) if report.ways.iter().any(|it| it.end == way.end) => {
            let seen = format!(
                "in {wrong} of {orders} orders that were tried it was not so; in the one above {}",
                way.end
            );
            Ok(Some((Wrong::seen(seen), Some(Losing { way, orders, wrong }))))
        }
        _ => {
            let seen = "what it does depends on more than the order of its tasks: \
                        what a `static` holds is still there when the next order is tried";
            Ok(Some((Wrong::seen(seen), None)))
        }
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
    let mut ended = supervisor::run(Limits { time: TIME, ..LIMITS }, command);
    if !ended.is_good() {
        place::has_room(place.path())?;
    }
    let stdout = ended.end_of_stdout().unwrap_or_default();
    let status = match &ended.ended {
        Ok(ended) => ended.status,
        Err(error) => return Err(io::Error::new(error.kind(), error.to_string())),
    };
    let report = trial::read(&report).filter(|_| ended.stopped.is_none() && status.success());
    let stopped = match ended.stopped {
        _ if report.is_some() => None,
        Some(limit) => Some(format!("while its orders were tried, {}", trial::beyond(limit))),
        None => Some(format!("while its orders were tried, it {}", trial::ended_how(status))),
    };
    let stdout = harmless_lines(&stdout).into_owned();
    Ok(Tried { report, stopped: stopped.map(Wrong::seen), stdout })
}
