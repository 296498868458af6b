//! What one task has read is old when it writes.

use crate::exercise::{Exercise, Orders, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const RESULT: &str = "3";

pub(super) const EXERCISE: Exercise = Exercise {
    name: "lost-update",
    title: "The update that is lost",
    minutes: 15,
    chapter: "scenarios/db-client",
    asked: "the result is 3, in whatever order the 3 tasks run",
    why: "Between what a task reads and what it writes no other one can come, so none writes what is old.",
    texts: texts!("lost-update"),
    trials: &[Trial { args: &[], server: None }],
    judge,
    orders: Some(Orders { result: RESULT }),
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.results_in(RESULT)
}
