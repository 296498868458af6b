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
    trial: Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) },
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    seen.at_once(SECONDS.len())?;
    let words = seen.stdout.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let totals = words.windows(2).filter(|pair| pair[1] == "replies").map(|pair| pair[0]);
    let totals: Vec<&str> = totals.filter(|total| total.parse::<u32>().is_ok()).collect();
    match totals.as_slice() {
        [] => Err(Wrong::seen("it did not say how many replies there were")),
        [.., "3"] => Ok(()),
        [.., total] => Err(Wrong::seen(format!("it said '{total} replies', and there were 3"))),
    }
}
