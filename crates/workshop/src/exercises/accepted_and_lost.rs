//! A client that is closed, what it has accepted, and who still waited or came after that.

use std::time::Duration;

use lens::recording::{Lane, Outcome};
use lens::time::rounded;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

/// Those that were accepted before.
const ACCEPTED: [&str; 3] = ["R1", "R2", "R3"];

/// Those that were not, and why.
const REFUSED: [(&str, &str, &str); 2] = [
    ("R4", "0.1", "a queue of two had no room for it when the client was closed"),
    ("R5", "0.11", "it came when the client was closed"),
];

/// Who waited for as long as R1 was at the server was not refused at once. Where R1 was there
/// for less than this, as in the first trial, a busy machine could make it look so.
const LONG: Duration = Duration::from_secs(2);

pub(super) const EXERCISE: Exercise = Exercise {
    name: "accepted-and-lost",
    title: "Accepted, and lost",
    minutes: 20,
    chapter: "scenarios/wire-client",
    asked: "R1 to R3, which were accepted before the client was closed, have their replies; R4 and R5 are refused and never made; and the program ends",
    why: "Closing refuses whoever has no place yet, and then waits for whoever has one: so there is an end, and nobody is lost.",
    texts: texts!("accepted-and-lost"),
    // What one has done in a second takes the other one more than three.
    trials: &[
        Trial { args: &["--seconds", "0.6,0.3,0.2,0.1,0.11"], server: Some(ServerRules::OPEN) },
        Trial { args: &["--seconds", "3,0.3,0.2,0.1,0.11"], server: Some(ServerRules::OPEN) },
    ],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    for (name, seconds) in ACCEPTED.into_iter().zip(seen.trial.seconds()) {
        let lost = match seen.visits_for(seconds).next() {
            None => "was never asked for",
            Some(visit) if !visit.is_answered() => "was cut off",
            Some(_) => {
                seen.got_its_reply(name, seconds)?;
                continue;
            }
        };
        return Err(Wrong::seen(format!("{name} was accepted, and {lost}")));
    }
    let first = seen.trial.seconds().next().and_then(|seconds| seen.visits_for(seconds).next());
    let of_first = first.and_then(|visit| Some(visit.ended?.saturating_sub(visit.arrived)));
    let of_first = of_first.unwrap_or_default();
    for (name, seconds, why) in REFUSED {
        if seen.visits_for(seconds).next().is_some() {
            return Err(Wrong::seen(format!("{name} was asked for, and {why}")));
        }
        let mut lanes = seen.lanes().iter().filter(|lane| lane.name == name);
        let Some(lane) = lanes.next() else {
            return Err(Wrong::seen(format!("{name} never came")));
        };
        // One that was let in and then forgotten has no reply either.
        if lane.outcome == Outcome::Dropped {
            let seen = format!("{name} was not made, and not told that it is refused");
            return Err(Wrong::seen(seen));
        }
        seen.has_it(name)?;
        let waited = told(lane).map_or(Duration::ZERO, |told| told.saturating_sub(lane.created));
        if waited >= of_first.max(LONG) {
            let seen = format!("{name} was refused, and only after {}", rounded(waited));
            return Err(Wrong::seen(seen));
        }
    }
    seen.nothing_else(ACCEPTED.len())?;
    match seen.most_at_once() {
        0 | 1 => Ok(()),
        most => {
            let seen = format!("{most} were at the server at a time, and not one after another");
            Err(Wrong::seen(seen))
        }
    }
}

/// When its requester knew what becomes of it. The row may end later: it lasts for as long as
/// anybody has it.
fn told(lane: &Lane) -> Option<Duration> {
    lane.said.or(lane.ended)
}
