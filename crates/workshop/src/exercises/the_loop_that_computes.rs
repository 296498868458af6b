//! Work on the event loop's own thread, which starves a heartbeat.

use crate::exercise::{Exercise, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "the-loop-that-computes",
    title: "The loop that computes",
    minutes: 15,
    chapter: "scenarios/cpu-bound",
    asked: "all primes are found, and meanwhile the heartbeat is never kept from the event loop for long",
    why: "The work runs where it keeps nobody waiting, or in pieces so short that the heartbeat comes in between.",
    texts: texts!("the-loop-that-computes"),
    trials: &[Trial { args: &["--up-to", "10000000", "--ranges", "4"], server: None }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.all_requesters_are_done()?;
    if !seen.stdout.contains("Found 664579 primes from 1 to 10000000") {
        return Err(Wrong::seen("not all of the 664579 primes were found"));
    }
    seen.nobody_blocks()?;
    // It might have been taken out, which helps as well.
    let beats = seen.lanes().iter().any(|lane| lane.name == "heartbeat" && lane.polls > 2);
    beats.then_some(()).ok_or_else(|| Wrong::seen("there was no heartbeat"))
}
