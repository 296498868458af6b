//! What was looked at before an await, and acted upon after it.

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, listed};
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
    why: "Nothing is awaited between looking for a ticket and taking it, so what was seen is still true.",
    texts: texts!("sold-too-often"),
    trials: &[Trial {
        args: &["--seconds", "0.5,400,0.4,0.3,0.51,0.41"],
        server: Some(ServerRules::OPEN),
    }],
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
    let paid: Vec<String> = (seen.visits.iter().zip(0..))
        .filter(|(visit, _)| visit.is_answered())
        .map(|(_, number)| seen.name_of(number))
        .collect();
    let sold = paid.len();
    if sold > TICKETS {
        let seen = format!("{} paid, and there were {TICKETS} tickets", listed(&paid));
        return Err(Wrong::seen(seen));
    }
    if sold < FEWEST_SOLD {
        let who = match sold {
            0 => "nobody".to_owned(),
            _ => format!("only {}", listed(&paid)),
        };
        let seen = format!("{who} paid, and there were {TICKETS} tickets for 6 customers");
        return Err(Wrong::seen(seen));
    }
    seen.at_once(FEWEST_SOLD)?;
    let left = (TICKETS - sold).to_string();
    match seen.number_beside("left") {
        None => Err(Wrong::seen("it did not say how many tickets are left, as in '4 left'")),
        Some(said) if said == left => Ok(()),
        Some(said) => {
            let verb = if left == "1" { "was" } else { "were" };
            let seen = format!("it said '{said} left', and there {verb} {left}: {sold} were sold");
            Err(Wrong::seen(seen))
        }
    }
}
