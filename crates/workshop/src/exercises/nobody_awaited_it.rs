//! Futures that are made and let go: what nobody awaits never runs.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "nobody-awaited-it",
    title: "Nobody awaited it",
    minutes: 5,
    chapter: "scenarios/http-client",
    asked: "all 3 requests are made, and the program ends when it has their replies",
    why: "Somebody awaits every future to its end, so every request is made and answered.",
    texts: texts!("nobody-awaited-it"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)
}
