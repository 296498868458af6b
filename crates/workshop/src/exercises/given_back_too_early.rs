//! A permit that a time-out gives back, while the thread it stood for goes on.

use std::time::Duration;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const PLACES: usize = 3;

/// Those that are given up. One goes on for longer than any trial; the others' places
/// come back, one after another: whoever guesses when is wrong about one of them.
const SLOW: [(&str, &str); 3] = [("R1", "300"), ("R2", "3"), ("R3", "5")];

/// Those that wait for a place. The first takes long, but no longer than it is waited
/// for, and it is there if another place is given on too early.
const QUICK: [(&str, &str); 5] =
    [("R4", "1.2"), ("R5", "0.1"), ("R6", "0.11"), ("R7", "0.12"), ("R8", "0.13")];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "given-back-too-early",
    title: "The place that came back too early",
    minutes: 15,
    chapter: "scenarios/customer-api",
    asked: "R1 to R3 are given up, R4 to R8 get their replies, never are more than 3 requests at the server, and when R2 has left it R4 does not wait for R3 too",
    why: "A place is free again when the work at it has ended, and not when nobody waits for that work any more.",
    texts: texts!("given-back-too-early"),
    trials: &[Trial {
        args: &["--seconds", "300,3,5,1.2,0.1,0.11,0.12,0.13"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    for (name, seconds) in SLOW {
        let answered = seen.asked_for_once(name, seconds)?.is_answered();
        if answered && waited_until(seen, last_held(seen, name, false)) {
            return Err(Wrong::seen(format!("{name} was waited for until it had its reply")));
        }
    }
    for (name, seconds) in QUICK {
        seen.got_its_reply(name, seconds)?;
        let (done, polled) = (last_held(seen, name, false), last_held(seen, name, true));
        if done.zip(polled).is_some_and(|(done, polled)| polled < done) {
            let seen = format!("{name} was given up, and it takes {seconds} seconds");
            return Err(Wrong::seen(seen));
        }
    }
    seen.nothing_else(SLOW.len() + QUICK.len())?;
    // Who is given up and has left the server keeps no place there.
    let kept = seen.visits_for("5").filter(|visit| visit.is_answered()).find_map(|it| it.ended);
    if kept.is_some_and(|ended| seen.visits_for("1.2").all(|next| next.arrived >= ended)) {
        let seen = "R4 was asked for only when R3 had ended, and R2's place had been free before";
        return Err(Wrong::seen(seen));
    }
    Ok(())
}

/// Whether those that are given up were still waited for when the thread of one of them
/// was done; it was so if there was no thread. The longest call tells: its thread is
/// never done, so whoever polls it then has not given it up.
fn waited_until(seen: &Seen, done: Option<Duration>) -> bool {
    let Some(done) = done else { return true };
    last_held(seen, SLOW[0].0, true).is_some_and(|polled| polled > done)
}

/// When this requester last held a thread, of an event loop or of its own.
fn last_held(seen: &Seen, name: &str, on_loop: bool) -> Option<Duration> {
    let lanes = seen.lanes().iter().filter(|lane| lane.name == name);
    let stretches = lanes.flat_map(|lane| &lane.stretches).filter(|it| it.on_loop == on_loop);
    stretches.map(|it| it.to).max()
}
