//! Slow requests that come first, and a place that they leave to the quick ones.

use std::cmp::Reverse;

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, asks_for, listed};
use crate::texts;

const PLACES: usize = 4;

/// How many of the places reports may have.
const FOR_REPORTS: usize = 3;

/// How many there are of each.
const REPORTS: usize = 5;
const LOOK_UPS: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "place-for-the-quick",
    title: "A place for the quick ones",
    minutes: 15,
    chapter: "scenarios/customer-api",
    asked: "3 reports are made at a time and the next waits for one to end and not for two, no look-up waits for any of them, and never are more than 4 requests at the server",
    why: "However many reports come, one place is never theirs, so a look-up waits for other look-ups at most.",
    texts: texts!("place-for-the-quick"),
    trials: &[Trial {
        args: &["--seconds", "1.5,2.5,3.5,2.4,1.2,0.1,0.1,0.1"],
        server: Some(ServerRules { places: PLACES, ..ServerRules::OPEN }),
    }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    for (what, all, wanted) in
        [("reports", reports(seen), REPORTS), ("look-ups", look_ups(seen), LOOK_UPS)]
    {
        let answered = all.iter().filter(|(_, visit)| visit.is_answered()).count();
        if answered != wanted {
            let seen = format!("{answered} {what} were answered, and there are {wanted}");
            return Err(Wrong::seen(seen));
        }
    }
    seen.nothing_else(REPORTS + LOOK_UPS)?;
    seen.all_requesters_are_done()?;
    let waited = look_up_that_waited(seen)
        .map(|(late, report)| format!("{late} was asked for only when {report} had ended"));
    let most = reports_at_once(seen);
    if most.len() >= PLACES {
        let mut all = format!("{} had all {PLACES} places at once", listed(&most));
        if let Some(waited) = waited {
            all += &format!(": {waited}");
        }
        return Err(Wrong::seen(all));
    }
    if let Some(waited) = waited {
        return Err(Wrong::seen(waited));
    }
    if most.len() < FOR_REPORTS {
        let most = most.len();
        return Err(Wrong::seen(format!("at most {most} of the reports at once")));
    }
    let late = report_that_waited(seen);
    late.map_or(Ok(()), |(late, others)| {
        let others = listed(&others);
        let seen = format!("{late} was asked for only when {others} had ended, one after another");
        Err(Wrong::seen(seen))
    })
}

/// The reports that were at the server when there were most of them.
fn reports_at_once(seen: &Seen) -> Vec<String> {
    let reports = reports(seen);
    let there = |at| reports.iter().filter(move |(_, report)| report.is_there(at));
    // The first such time: later ones differ where one has taken another one's place.
    let times = reports.iter().map(|(_, report)| report.arrived);
    let most = times.min_by_key(|at| Reverse(there(*at).count()));
    most.into_iter().flat_map(there).map(|(number, _)| seen.name_of(*number)).collect()
}

/// A report that came when more than one of the places for reports was free, and those
/// that had ended: they end one after another, with much time in between.
fn report_that_waited(seen: &Seen) -> Option<(String, Vec<String>)> {
    let reports = reports(seen);
    let later = reports.iter().enumerate().skip(FOR_REPORTS);
    later.into_iter().find_map(|(place, (late, visit))| {
        let before = reports[..place].iter();
        let gone = before.filter(|(_, report)| !report.is_there(visit.arrived));
        let gone: Vec<String> = gone.map(|(number, _)| seen.name_of(*number)).collect();
        (gone.len() > place + 1 - FOR_REPORTS).then(|| (seen.name_of(*late), gone))
    })
}

/// A look-up that came when a report had ended, while none was there: on a busy machine
/// the look-ups may take long as well, but then it is one of them that has the place.
fn look_up_that_waited(seen: &Seen) -> Option<(String, String)> {
    let look_ups = look_ups(seen);
    reports(seen).into_iter().find_map(|(report, visit)| {
        let ended = visit.ended?;
        let (late, _) = look_ups.iter().find(|(_, look_up)| look_up.arrived >= ended)?;
        let had_place = look_ups.iter().any(|(_, look_up)| look_up.is_there(ended));
        (!had_place).then(|| (seen.name_of(*late), seen.name_of(report)))
    })
}

type Numbered<'a> = Vec<(usize, &'a Visit)>;

/// The visits of reports, with their numbers among all.
fn reports(seen: &Seen) -> Numbered<'_> {
    seen.visits.iter().enumerate().filter(|(_, visit)| !is_look_up(visit)).collect()
}

fn look_ups(seen: &Seen) -> Numbered<'_> {
    seen.visits.iter().enumerate().filter(|(_, visit)| is_look_up(visit)).collect()
}

fn is_look_up(visit: &Visit) -> bool {
    asks_for(visit, "0.1")
}
