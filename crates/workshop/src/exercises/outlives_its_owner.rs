//! A task that owns what would end it.

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, part};
use crate::texts;

/// Those who ask, and what they ask for. The first two share the client.
const ASKED: [(&str, &str); 3] = [("R1", "0.4"), ("R2", "1.5"), ("R3", "0.8")];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "outlives-its-owner",
    title: "The task that outlives its owner",
    minutes: 15,
    chapter: "scenarios/wire-client",
    asked: "the reader waits at the server for as long as R2 has the client, and no more when R3 has its reply",
    why: "The reader owns nothing that would have to be dropped for it to end, so it ends with the last who does.",
    texts: texts!("outlives-its-owner"),
    trial: Trial { args: &["--seconds", "0.4,1.5,0.8"], server: Some(ServerRules::OPEN) },
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    for (name, seconds) in ASKED {
        seen.got_its_reply(name, seconds)?;
    }
    let waiting = the_push(seen)?;
    let ended = |(_, seconds): (&str, &str)| {
        let mut ended = seen.visits_for(seconds).filter_map(|visit| visit.ended);
        ended.next().unwrap_or_default()
    };
    let [_, r2, r3] = ASKED;
    if waiting.ended.is_some_and(|left| left <= ended(r2)) {
        let seen = "R2 still had the client, and its reader waited at the server no more";
        return Err(Wrong::seen(seen));
    }
    if waiting.is_there(ended(r3)) {
        let seen = "R1 and R2 had dropped the client, and its reader still waited at the server when R3 had its reply";
        return Err(Wrong::seen(seen));
    }
    seen.nothing_else(ASKED.len() + 1)
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
