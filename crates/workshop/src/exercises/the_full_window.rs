//! Requests that are made faster than they are answered, and who has to wait then.

use std::time::Duration;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const PLACES: usize = 4;

/// The one whose caller gives up. It is at the server for longer than any trial.
const SLOW: (&str, &str) = ("R1", "300");

/// How many others there are, and what they ask for.
const QUICK: usize = 15;
const SECONDS: &str = "0.2";

/// Those at the server, and as many that wait in the client: one in each pair of hands
/// that it goes through, or a short queue.
const MOST_HELD: usize = 8;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "the-full-window",
    title: "The full window",
    minutes: 20,
    chapter: "scenarios/wire-client",
    asked: "4 requests are at the server at a time and never more, R1 among them to the end although its caller gives up, and no more than 8 are made and have no reply yet",
    why: "A request has its place before it is handed on, and until its reply is there: so whoever makes requests waits when all places are taken, and no queue grows.",
    texts: texts!("the-full-window"),
    trial: Trial {
        args: &["--seconds", "300,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    },
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    let (slow, seconds) = SLOW;
    let sent = seen.asked_for_once(slow, seconds)?;
    let answered: Vec<_> = seen.visits_for(SECONDS).filter(|visit| visit.is_answered()).collect();
    // One that left when the program ended was not taken back.
    let last = answered.iter().filter_map(|visit| visit.ended).max();
    if sent.ended.is_some_and(|left| last.is_some_and(|last| left <= last)) {
        return Err(Wrong::seen(format!("{slow} was taken back when its caller had given up")));
    }
    if answered.len() != QUICK {
        let seen = format!("{} of the {QUICK} others were answered", answered.len());
        return Err(Wrong::seen(seen));
    }
    seen.nothing_else(QUICK + 1)?;
    seen.at_once(PLACES)?;
    let held = most_held(seen);
    if held > MOST_HELD {
        let seen = format!("{held} requests were made and had no reply yet, at one time");
        return Err(Wrong::seen(seen));
    }
    let others = seen.lanes().iter().filter(|lane| lane.name != slow);
    others.into_iter().try_for_each(|lane| seen.has_it(&lane.name))
}

/// How many requests were made and had not ended at the same time, at most: each has a row.
fn most_held(seen: &Seen) -> usize {
    let rows = seen.lanes();
    let held = |at: Duration| {
        rows.iter().filter(move |row| row.created <= at && row.ended.is_none_or(|ended| ended > at))
    };
    rows.iter().map(|row| held(row.created).count()).max().unwrap_or_default()
}
