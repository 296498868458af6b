//! Ten requests of which one fails: the others are kept.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

/// What the server grants, and by whom it is asked for.
const GRANTED: [(&str, &str); 9] = [
    ("R1", "0.3"),
    ("R2", "0.31"),
    ("R3", "0.32"),
    ("R5", "0.33"),
    ("R6", "0.34"),
    ("R7", "0.35"),
    ("R8", "0.36"),
    ("R9", "0.37"),
    ("R10", "0.38"),
];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "nine-of-ten",
    title: "Nine of ten",
    minutes: 10,
    chapter: "scenarios/character-ingest",
    asked: "9 of the 10 requests get their replies, all at the same time, and the one that fails stops nobody",
    why: "All results are waited for, whatever they are, and only then is looked at which of them is a failure.",
    texts: texts!("nine-of-ten"),
    trials: &[Trial {
        args: &["--seconds", "0.3,0.31,0.32,400,0.33,0.34,0.35,0.36,0.37,0.38"],
        server: Some(ServerRules::OPEN),
    }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    match seen.visits_for("400").count() {
        0 => return Err(Wrong::seen("R4 was never asked for")),
        1 => {}
        times => return Err(Wrong::seen(format!("R4 was asked for {times} times"))),
    }
    for (name, seconds) in GRANTED {
        seen.got_its_reply(name, seconds)?;
    }
    seen.at_once(GRANTED.len())
}
