//! Replies that do not say whose they are, and callers who share a connection.

use crate::exercise::{Exercise, Orders, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const RESULT: &str = "each has its own";

pub(super) const EXERCISE: Exercise = Exercise {
    name: "whose-reply",
    title: "Replies to the right caller",
    minutes: 20,
    chapter: "scenarios/wire-client",
    asked: "T1 and T2 have the lots that were drawn for them, in whatever order the 5 tasks run; nobody waits with a command for the reply to another, as T5 answers once it has two",
    why: "Whoever sends takes its place in the same step, and keeps it until its reply is there, so the oldest place is the next reply's.",
    texts: texts!("whose-reply"),
    trials: &[Trial { args: &[], server: None }],
    judge,
    orders: Some(Orders { result: RESULT }),
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.results_in(RESULT)
}
