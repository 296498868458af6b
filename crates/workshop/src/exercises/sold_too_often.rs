//! What was looked at before an await, and acted upon after it.

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong};
use crate::texts;

const TICKETS: usize = 4;

/// R2's payment is refused, and the others' are accepted: so one ticket is left if all
/// have come before it is put back.
const FEWEST_SOLD: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "sold-too-often",
    title: "Sold too often",
    minutes: 15,
    chapter: "scenarios/customer-api",
    asked: "no more than 4 tickets are sold, the customers pay at the same time, and the program says how many are left",
    why: "A ticket is looked for and taken before anything is awaited, so what was seen is still true, without a lock.",
    texts: texts!("sold-too-often"),
    trial: Trial {
        args: &["--seconds", "0.3,400,0.2,0.1,0.31,0.21"],
        server: Some(ServerRules::OPEN),
    },
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    for (visit, number) in seen.visits.iter().zip(0..) {
        let name = seen.name_of(number);
        if seen.visits.iter().filter(|other| other.target == visit.target).count() > 1 {
            return Err(Wrong::seen(format!("{name} was to pay more than once")));
        }
        if !visit.is_answered() && visit.refused().is_none() {
            return Err(Wrong::seen(format!("{name} left before the server answered")));
        }
    }
    let sold = seen.visits.iter().filter(|visit| Visit::is_answered(visit)).count();
    if sold > TICKETS {
        let seen = format!("{sold} payments were accepted, and there were {TICKETS} tickets");
        return Err(Wrong::seen(seen));
    }
    if sold < FEWEST_SOLD {
        let seen = format!("{sold} payments were made and accepted, and more tickets were wanted");
        return Err(Wrong::seen(seen));
    }
    seen.at_once(FEWEST_SOLD)?;
    let left = (TICKETS - sold).to_string();
    match seen.number_before("left") {
        None => Err(Wrong::seen("it did not say how many tickets were left")),
        Some(said) if said == left => Ok(()),
        Some(said) => {
            let verb = if left == "1" { "was" } else { "were" };
            let seen = format!("it said '{said} left', and there {verb} {left}: {sold} were sold");
            Err(Wrong::seen(seen))
        }
    }
}
