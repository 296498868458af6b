//! Futures that are made first and then awaited in a loop: made is not running.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "lazy",
    title: "Made is not running",
    minutes: 5,
    chapter: "scenarios/http-client",
    asked: "all 3 requests wait at the same time",
    why: "A future runs only while somebody polls it; now all three are polled, each whenever it can go on.",
    texts: texts!("lazy"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    let waited = seen.lanes().windows(2).find(|pair| {
        let first_ended = pair[0].ended;
        pair[1].created < pair[0].end(seen.recording()) && pair[1].started >= first_ended
    });
    if let Some([before, after]) = waited {
        let (before, after) = (&before.name, &after.name);
        let seen = format!("{after} was made, and was not polled before {before} had ended");
        return Err(Wrong::seen(seen));
    }
    seen.at_once(SECONDS.len())
}
