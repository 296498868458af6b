//! Awaits one after another, which should be together.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "wait-together",
    title: "Wait together",
    minutes: 5,
    chapter: "scenarios/http-client",
    asked: "all 3 requests wait at the same time, on one thread",
    why: "While one request waits, the event loop turns to the others: so all waits overlap, and only the longest counts.",
    texts: texts!("wait-together"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    seen.at_once(SECONDS.len())?;
    seen.on_one_thread()
}
