//! Three mirrors, of which one answer is enough: the losers are cancelled.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

/// Those who are too late, and what they ask for.
const LOSERS: [(&str, &str); 2] = [("R1", "3"), ("R3", "3.1")];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "first-answer-wins",
    title: "The first answer wins",
    minutes: 15,
    chapter: "scenarios/character-ingest",
    asked: "all 3 mirrors are asked, the first answer is taken, and the others have left the server before R4 is answered",
    why: "When the first is done the others are dropped, and a request that is dropped closes its connection.",
    texts: texts!("first-answer-wins"),
    trials: &[Trial { args: &["--seconds", "3,0.2,3.1,0.5"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    for (name, seconds) in LOSERS {
        let mut lanes = seen.lanes().iter();
        let began = lanes.any(|lane| lane.name == name && lane.started.is_some());
        // On a busy machine it may be cancelled before the server has heard of it.
        if !began && seen.visits_for(seconds).next().is_none() {
            return Err(Wrong::seen(format!("{name} was never asked for")));
        }
    }
    seen.got_its_reply("R2", "0.2")?;
    seen.got_its_reply("R4", "0.5")?;
    for (name, seconds) in LOSERS {
        if seen.visits_for(seconds).any(|visit| visit.is_answered()) {
            let seen = format!("{name} was waited for until the server answered it");
            return Err(Wrong::seen(seen));
        }
    }
    let ended = |seconds| seen.visits_for(seconds).find_map(|visit| visit.ended);
    let (first, next) = (ended("0.2"), ended("0.5"));
    if seen.visits_for("0.5").any(|visit| first.is_none_or(|first| visit.arrived < first)) {
        return Err(Wrong::seen("R4 was asked for before R2 was answered"));
    }
    for (name, seconds) in LOSERS {
        if seen.visits_for(seconds).any(|visit| visit.ended.is_none() || visit.ended >= next) {
            let seen = format!("{name} was still with the server when R4 was answered");
            return Err(Wrong::seen(seen));
        }
    }
    Ok(())
}
