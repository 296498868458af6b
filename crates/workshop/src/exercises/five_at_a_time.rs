//! More requests than a server has places: as many as it has, at any time.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const PLACES: usize = 5;

/// How many ask for a tenth of a second, beside R1.
const QUICK: usize = 11;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "five-at-a-time",
    title: "Five at a time",
    minutes: 15,
    chapter: "scenarios/character-ingest",
    asked: "5 of the 12 requests wait at a time, never more, and a place that becomes free is taken at once",
    why: "Whoever is done makes room for the next one, so all five places are in use while anybody is left to ask.",
    texts: texts!("five-at-a-time"),
    trials: &[Trial {
        args: &["--seconds", "1.5,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    seen.got_its_reply("R1", "1.5")?;
    let quick = seen.visits_for("0.1").filter(|visit| visit.is_answered()).count();
    if quick != QUICK {
        let seen = format!("{} of the 12 requests were answered, not each once", quick + 1);
        return Err(Wrong::seen(seen));
    }
    seen.nothing_else(QUICK + 1)?;
    seen.all_requesters_are_done()?;
    seen.at_once(PLACES)?;
    let slow = seen.visits_for("1.5").find_map(|visit| visit.ended);
    // In rounds of five, the quick ones' places stay empty until the slow one is done.
    let late = seen.visits.iter().position(|visit| Some(visit.arrived) >= slow);
    late.map_or(Ok(()), |late| {
        let late = seen.name_of(late);
        Err(Wrong::seen(format!("{late} was asked for only when R1 had ended")))
    })
}
