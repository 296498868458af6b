//! A task that owns what would end it.

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, part};
use crate::texts;

/// Those who ask. The first two share the client.
const ASKING: [&str; 3] = ["R1", "R2", "R3"];

/// What the row of the client's task is called.
const READER: &str = "reader";

/// A reader that is woken is polled a few times: while it connects, asks, and ends. One that
/// wakes itself, to look whether anybody is left, comes to more in a trial of some seconds.
const MOST_POLLS: u64 = 16;

/// And in the second half of the time that R2 takes, which R1 has left long before, there is
/// nothing to wake it for. Who looks often enough to be gone before R3 is looks twice in that
/// of the longer trial.
const MOST_POLLS_BETWEEN: u64 = 1;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "outlives-its-owner",
    title: "The task that outlives its owner",
    minutes: 15,
    chapter: "scenarios/wire-client",
    asked: "the reader waits at the server for as long as R2 has the client, and no more when R3 has its reply",
    why: "The reader owns nothing that would have to be dropped for it to end, so it ends with the last who does.",
    texts: texts!("outlives-its-owner"),
    // R2 of one has still the client when R3 of the other is done, so no time to wait for
    // would do for both.
    trials: &[
        Trial { args: &["--seconds", "0.4,1.5,0.8"], server: Some(ServerRules::OPEN) },
        Trial { args: &["--seconds", "0.4,3.5,0.8"], server: Some(ServerRules::OPEN) },
    ],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    let mut asked = Vec::new();
    for (name, seconds) in ASKING.into_iter().zip(seen.trial.seconds()) {
        seen.got_its_reply(name, seconds)?;
        asked.push(seen.asked_for_once(name, seconds)?);
    }
    let ended = |place: usize| {
        let visit = asked.get(place);
        visit.and_then(|visit| visit.ended).unwrap_or_default()
    };
    let waiting = the_push(seen)?;
    let [r2, r3] = [ended(1), ended(2)];
    if waiting.ended.is_some_and(|left| left <= r2) {
        let seen = "R2 still had the client, and its reader waited at the server no more";
        return Err(Wrong::seen(seen));
    }
    if waiting.is_there(r3) {
        let seen = "R1 and R2 had dropped the client, and its reader still waited at the server when R3 had its reply";
        return Err(Wrong::seen(seen));
    }
    seen.nothing_else(ASKING.len() + 1)?;
    is_woken(seen)
}

/// The reader was not polled again and again while it waited for its one push.
fn is_woken(seen: &Seen) -> Result<(), Wrong> {
    let polls = seen.lanes().iter().filter(|lane| lane.name == READER).map(|lane| lane.polls);
    let polls = polls.max().unwrap_or_default();
    if polls <= MOST_POLLS {
        return is_left_alone(seen);
    }
    Err(Wrong::seen(format!(
        "the reader was polled {polls} times while it waited for one push: it woke again and \
         again, and is to wake when the last client has been dropped"
    )))
}

/// Nor was it while R2 still had the client, to see whether that is so.
fn is_left_alone(seen: &Seen) -> Result<(), Wrong> {
    let lanes = |name| seen.lanes().iter().filter(move |lane| lane.name == name);
    let Some((begin, end)) = lanes(ASKING[1]).find_map(|lane| Some((lane.created, lane.ended?)))
    else {
        return Ok(());
    };
    let half = begin + end.saturating_sub(begin) / 2;
    let stretches = lanes(READER).flat_map(|lane| &lane.stretches);
    let between = stretches.filter(|it| it.from > half && it.to < end);
    match between.map(|it| it.polls).sum() {
        0..=MOST_POLLS_BETWEEN => Ok(()),
        polls => Err(Wrong::seen(format!(
            "the reader was polled {polls} times when R1 had left and R2 still had the client: \
             it woke again and again, and is to wake when the last client has been dropped"
        ))),
    }
}

/// What the reader waited for at the server, once: it has not come in any trial.
fn the_push(seen: &Seen) -> Result<&Visit, Wrong> {
    let visits = seen.visits.iter().filter(|visit| part(visit, "push") == Some("1"));
    match visits.collect::<Vec<_>>().as_slice() {
        [] => Err(Wrong::seen("the server was never asked for a push")),
        [one] => Ok(one),
        more => {
            let times = more.len();
            Err(Wrong::seen(format!("the server was asked {times} times for the same push")))
        }
    }
}
