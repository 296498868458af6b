//! A request that nobody answers: given up after a second, and not only ignored.

use std::time::Duration;

use delay_server::Visit;
use lens::time::rounded;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "give-up-after-a-second",
    title: "Give up after a second",
    minutes: 10,
    chapter: "scenarios/character-ingest",
    asked: "R3 is given up after a second and its connection closed, the others get their replies, and the program ends well",
    why: "The timer drops the future of R3 alone, and with it goes its connection; the others never notice.",
    texts: texts!("give-up-after-a-second"),
    trials: &[Trial { args: &["--seconds", "0.2,0.3,300,2.5"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    for (name, seconds) in [("R1", "0.2"), ("R2", "0.3"), ("R4", "2.5")] {
        seen.got_its_reply(name, seconds)?;
    }
    let visits: Vec<&Visit> = seen.visits_for("300").collect();
    let given_up = match visits.as_slice() {
        [] => return Err(Wrong::seen("R3 was never asked for")),
        [one] => one,
        more => return Err(Wrong::seen(format!("R3 was asked for {} times", more.len()))),
    };
    let last = seen.visits_for("2.5").find_map(|visit| visit.ended);
    let Some(ended) = given_up.ended.filter(|ended| last.is_none_or(|last| *ended < last)) else {
        return Err(Wrong::seen("R3 was still with the server when R4 was answered"));
    };
    // On a busy machine the request may reach the server late, and its patience be over
    // soon after. The requester's own time began before that.
    let own = seen.lanes().iter().filter(|lane| lane.name == "R3");
    let own = own.map(|lane| lane.end(seen.recording()).saturating_sub(lane.created)).max();
    let waited = own.unwrap_or_default().max(ended.saturating_sub(given_up.arrived));
    if waited < ALMOST_A_SECOND {
        let waited = rounded(waited);
        return Err(Wrong::seen(format!("R3 was given up too soon: it had waited for {waited}")));
    }
    Ok(())
}

const ALMOST_A_SECOND: Duration = Duration::from_millis(800);
