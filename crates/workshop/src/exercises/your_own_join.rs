//! A future written by hand that polls its children: all of them, and not for nothing.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const SECONDS: [&str; 3] = ["0.3", "0.1", "0.2"];

/// Who polls all children whenever any of them can go on needs about twenty.
const ENOUGH_POLLS: u64 = 500;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "your-own-join",
    title: "Your own join",
    minutes: 25,
    chapter: "scenarios/event-loop",
    asked: "all 3 requests wait at the same time, and are polled only when one of them can go on",
    why: "Each poll asks every child that is not done, and each of these has the waker that brings the next poll.",
    texts: texts!("your-own-join"),
    trials: &[Trial { args: &["--seconds", "0.3,0.1,0.2"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.each_answered_once(&SECONDS)?;
    seen.at_once(SECONDS.len())?;
    let busy = seen.lanes().iter().find(|lane| lane.polls > ENOUGH_POLLS);
    busy.map_or(Ok(()), |lane| {
        let (name, polls) = (&lane.name, lane.polls);
        Err(Wrong::seen(format!("{name} was polled {polls} times for one reply")))
    })
}
