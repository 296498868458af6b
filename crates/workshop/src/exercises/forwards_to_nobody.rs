//! Tasks that forward to watchers, and go on when these are gone.

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, part};
use crate::texts;

/// So many positions does a watcher see before it leaves.
const WATCHED: [&str; 2] = ["1", "2"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "forwards-to-nobody",
    title: "The task that forwards to nobody",
    minutes: 15,
    chapter: "scenarios/order-tracker",
    asked: "the task of a watcher who leaves ends and gives its place back, so that R3 gets it; R2 misses nothing, and R4 gets no place",
    why: "Whatever ends the watching ends the task too, and its place is given back wherever the task had come to.",
    texts: texts!("forwards-to-nobody"),
    trials: &[Trial { args: &["--seconds", "0.2,0.8,0.1,0.11"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    let last_of_r2 = watches_to_the_end(seen, "R2")?;
    watches_to_the_end(seen, "R1")?;
    let of_r3 = of(seen, "R3").any(|_| true).then(|| watches_to_the_end(seen, "R3")).transpose()?;
    // R3 comes when R1 has left: by its last position the server has seen that, too.
    let (who, last) = of_r3.map_or(("R2", last_of_r2), |last| ("R3", last));
    let goes_on = of(seen, "R1")
        .filter(|visit| !is_watched(visit))
        .any(|visit| last.ended.is_some_and(|ended| visit.is_there(ended)));
    if goes_on {
        let no_place = if of_r3.is_none() { "; R3 found no place" } else { "" };
        let seen = format!(
            "R1 had left, and its task still waited at the server when {who} had its last position{no_place}"
        );
        return Err(Wrong::seen(seen));
    }
    if of_r3.is_none() {
        seen.has_it("R3")?;
        return Err(Wrong::seen("R3 found no place, and nothing was asked for R1 any more"));
    }
    if of(seen, "R4").any(|_| true) {
        return Err(Wrong::seen("R4 was given a place, and R1 and R2 had both"));
    }
    ["R1", "R2", "R3", "R4"].iter().try_for_each(|name| seen.has_it(name))
}

/// What was asked for so that this watcher sees it.
fn of<'a>(seen: &'a Seen, name: &'a str) -> impl Iterator<Item = &'a Visit> {
    seen.visits.iter().filter(move |visit| part(visit, "for") == Some(name))
}

fn is_watched(visit: &Visit) -> bool {
    part(visit, "position").is_some_and(|position| WATCHED.contains(&position))
}

/// Each position that the watcher wanted was asked for once and came; gives the last.
fn watches_to_the_end<'a>(seen: &'a Seen, name: &'a str) -> Result<&'a Visit, Wrong> {
    let mut last = None;
    for position in WATCHED {
        let visits = of(seen, name).filter(|visit| part(visit, "position") == Some(position));
        last = match visits.collect::<Vec<_>>().as_slice() {
            [one] if one.is_answered() => Some(*one),
            [] | [_] => {
                let seen = format!(
                    "{name} still watched, and its task did not wait for position {position}"
                );
                return Err(Wrong::seen(seen));
            }
            more => {
                let times = more.len();
                let seen = format!("position {position} was asked for {name} {times} times");
                return Err(Wrong::seen(seen));
            }
        };
    }
    last.ok_or_else(|| Wrong::seen(format!("nothing was asked for {name}")))
}
