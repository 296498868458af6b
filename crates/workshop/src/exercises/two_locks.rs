//! Two locks that are taken in one order here and in the other one there.

use crate::exercise::{Exercise, Orders, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const RESULT: &str = "110 and 90";

pub(super) const EXERCISE: Exercise = Exercise {
    name: "two-locks",
    title: "Two locks, two orders",
    minutes: 20,
    chapter: "scenarios/db-client",
    asked: "the result is '110 and 90', in whatever order the 2 tasks run",
    why: "Whoever holds a lock can have all the others that it needs, so nobody waits in a circle.",
    texts: texts!("two-locks"),
    trials: &[Trial { args: &[], server: None }],
    judge,
    orders: Some(Orders { result: RESULT }),
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.results_in(RESULT)
}
