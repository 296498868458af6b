//! A pool whose users wait for a second connection while they hold the first.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

/// Of the server, and so of the pool.
const PLACES: usize = 2;

const SECONDS: [&str; 6] = ["0.21", "0.22", "0.23", "0.24", "0.25", "0.26"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "pool-waits-for-itself",
    title: "A pool that waits for itself",
    minutes: 15,
    chapter: "scenarios/db-client",
    asked: "all 3 orders are done with 2 connections, 2 orders at a time",
    why: "Nobody waits for a connection while holding one, so every connection comes back, whoever waits for it.",
    texts: texts!("pool-waits-for-itself"),
    trials: &[Trial {
        args: &["--seconds", "0.21,0.22,0.23,0.24,0.25,0.26"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    seen.each_answered_once(&SECONDS)?;
    for (pair, first) in SECONDS.chunks(2).zip((1..).step_by(2)) {
        let first_end = seen.visits_for(pair[0]).find_map(|visit| visit.ended);
        let begun = seen.visits_for(pair[1]).map(|visit| visit.arrived).next();
        if begun < first_end {
            let second = first + 1;
            let seen = format!("R{second} was asked for before R{first} was answered");
            return Err(Wrong::seen(seen));
        }
    }
    seen.at_once(PLACES)
}
