//! A lock that is held while its holder waits for something else.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "lock-across-await",
    title: "A lock across an await",
    minutes: 15,
    chapter: "scenarios/db-client",
    asked: "all 3 requests wait at the same time, and the program says '3 replies'",
    why: "The lock is held for the addition alone, so nobody waits for it while another one waits for the server.",
    texts: texts!("lock-across-await"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    seen.at_once(SECONDS.len())?;
    match seen.number_before("replies") {
        None => Err(Wrong::seen("it did not say how many replies there were")),
        Some("3") => Ok(()),
        Some(total) => Err(Wrong::seen(format!("it said '{total} replies', and there were 3"))),
    }
}
