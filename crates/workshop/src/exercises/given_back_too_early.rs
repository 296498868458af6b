//! A permit that a time-out gives back, while the thread it stood for goes on.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const PLACES: usize = 2;

/// Those that are given up: one goes on for longer than any trial, and the other one's
/// place comes back.
const SLOW: [(&str, &str); 2] = [("R1", "300"), ("R2", "3")];

/// Those that wait for that place. There are so many that a patience of three seconds,
/// which is enough for R2, ends while some are left.
const QUICK: [(&str, &str); 6] =
    [("R3", "0.1"), ("R4", "0.11"), ("R5", "0.12"), ("R6", "0.13"), ("R7", "0.14"), ("R8", "0.15")];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "given-back-too-early",
    title: "The place that came back too early",
    minutes: 15,
    chapter: "scenarios/customer-api",
    asked: "R1 and R2 are given up, R3 to R8 get their replies, and never are more than 2 requests at the server",
    why: "A place is free again when the work at it has ended, and not when nobody waits for that work any more.",
    texts: texts!("given-back-too-early"),
    trial: Trial {
        args: &["--seconds", "300,3,0.1,0.11,0.12,0.13,0.14,0.15"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    },
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    for (name, seconds) in SLOW {
        seen.asked_for_once(name, seconds)?;
    }
    for (name, seconds) in QUICK {
        seen.got_its_reply(name, seconds)?;
    }
    seen.nothing_else(SLOW.len() + QUICK.len())?;
    seen.at_once(PLACES)?;
    let lanes = |name| seen.lanes().iter().filter(move |lane| lane.name == name);
    let (given_up, last) = (SLOW[0].0, QUICK[QUICK.len() - 1].0);
    let all_had_replies = lanes(last).filter_map(|lane| lane.ended).max();
    // Whoever has been given up is not polled any more; its thread may go on.
    let mut polls = lanes(given_up).flat_map(|lane| &lane.stretches).filter(|it| it.on_loop);
    if all_had_replies.is_some_and(|replied| polls.any(|poll| poll.from > replied)) {
        let seen = format!("{given_up} was still waited for when {last} had its reply");
        return Err(Wrong::seen(seen));
    }
    Ok(())
}
