//! A client that blocks, inside of async functions.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "not-really-async",
    title: "Not really async",
    minutes: 10,
    chapter: "scenarios/http-client",
    asked: "all 3 requests wait at the same time, and none of them holds the event loop meanwhile",
    why: "The three waited at the same time, and no request held the event loop's thread meanwhile.",
    texts: texts!("not-really-async"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    seen.nobody_blocks()?;
    seen.at_once(SECONDS.len())
}
