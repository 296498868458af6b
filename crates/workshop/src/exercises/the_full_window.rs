//! Requests that are made faster than they are answered, and who has to wait then.

use std::time::Duration;

use lens::recording::Lane;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const PLACES: usize = 4;

/// The one whose caller gives up. It is at the server for longer than any trial.
const SLOW: (&str, &str) = ("R1", "300");

/// How many others there are.
const QUICK: usize = 15;

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
    // Who makes requests at a pace of its own, and not at that of the replies, would need
    // another one in the second.
    trials: &[
        Trial {
            args: &["--seconds", "300,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2"],
            server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
        },
        Trial {
            args: &["--seconds", "300,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5"],
            server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
        },
    ],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    let (slow, seconds) = SLOW;
    let sent = seen.asked_for_once(slow, seconds)?;
    let of_others = seen.trial.seconds().nth(1).unwrap_or_default();
    let answered: Vec<_> = seen.visits_for(of_others).filter(|visit| visit.is_answered()).collect();
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
    rows_are_of_callers(seen)?;
    let others = seen.lanes().iter().filter(|lane| lane.name != slow);
    others.into_iter().try_for_each(|lane| seen.has_it(&lane.name))?;
    if held < PLACES {
        let seen = format!(
            "the server had {PLACES} requests at a time, and there were no more than {held} \
             rows at a time that had no reply yet: a row is to be its caller's until the reply \
             is there"
        );
        return Err(Wrong::seen(seen));
    }
    Ok(())
}

/// Each request has a row, which is its caller's: so what waits in a queue has one too. The
/// row of a caller that gives up ends, whatever becomes of its request.
fn rows_are_of_callers(seen: &Seen) -> Result<(), Wrong> {
    let end = |number: usize| {
        let name = format!("R{number}");
        let rows = seen.lanes().iter().filter(|lane| lane.name == name);
        let end = rows.map(|row| row.ended.unwrap_or(Duration::MAX)).max();
        end.ok_or_else(|| Wrong::seen(format!("{name} was made, and has no row")))
    };
    let gave_up = end(1)?;
    let others = (2..=QUICK + 1).map(end).collect::<Result<Vec<_>, _>>()?;
    if gave_up < Duration::MAX && others.iter().any(|end| *end >= gave_up) {
        return Ok(());
    }
    let (slow, _) = SLOW;
    Err(Wrong::seen(format!(
        "the row of {slow} went on when its caller had given up: a row is to be its caller's, \
         so that what waits in a queue has one"
    )))
}

/// How many requests were made and had no reply yet at the same time, at most: each has the
/// row of its caller. The one whose caller gives up never has a reply.
fn most_held(seen: &Seen) -> usize {
    let rows = seen.lanes();
    let held = |at: Duration| {
        let is_held =
            move |row: &&Lane| row.name == SLOW.0 || row.ended.is_none_or(|ended| ended > at);
        rows.iter().filter(move |row| row.created <= at).filter(is_held)
    };
    rows.iter().map(|row| held(row.created).count()).max().unwrap_or_default()
}
