//! What is published between reading and subscribing, and what is seen twice.

use crate::exercise::{Exercise, Orders, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const RESULT: &str = "each once, in order";

pub(super) const EXERCISE: Exercise = Exercise {
    name: "subscribe-then-read",
    title: "Subscribe, then read",
    minutes: 15,
    chapter: "scenarios/order-tracker",
    asked: "from the first position that T2 sees to the last it sees each once and in order, in whatever order the 2 tasks run",
    why: "Whoever has subscribed before it reads misses nothing, and numbers tell what it has seen already.",
    texts: texts!("subscribe-then-read"),
    trials: &[Trial { args: &[], server: None }],
    judge,
    orders: Some(Orders { result: RESULT }),
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.results_in(RESULT)
}
