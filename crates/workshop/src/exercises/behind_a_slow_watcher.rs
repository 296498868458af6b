//! A queue without a bound, behind a watcher who is slow.

use std::time::Duration;

use delay_server::Visit;

use crate::exercise::{Exercise, ServerRules, Trial};
use crate::judge::{Seen, Wrong, part};
use crate::texts;

const POSITIONS: u32 = 8;

/// How many positions may be kept at once: the newest, and those that are made or on
/// their way, and one or two to spare.
const MOST_KEPT: usize = 5;

const COURIER: &str = "R1";
const WATCHERS: [&str; 3] = ["R2", "R3", "R4"];

/// How long it takes R3 in the tunnel: some times as long as the courier's whole ride. R4
/// comes out of its own in the middle of that, and nobody knows which position is the
/// newest then.
const TUNNEL: &str = "2.5";

pub(super) const EXERCISE: Exercise = Exercise {
    name: "behind-a-slow-watcher",
    title: "The queue behind a slow watcher",
    minutes: 15,
    chapter: "scenarios/order-tracker",
    asked: "whoever is ready is sent the newest position, R2 sees all 8, no more than 5 are kept at once, and nobody keeps the courier waiting",
    why: "One place that always has the newest position needs no more room for a slow watcher than for a quick one, and never makes the courier wait.",
    texts: texts!("behind-a-slow-watcher"),
    trials: &[Trial { args: &["--seconds", "0.1,0.02,2.5,0.3"], server: Some(ServerRules::OPEN) }],
    judge,
    orders: None,
};

fn judge(seen: &Seen) -> Result<(), Wrong> {
    seen.nobody_is_refused()?;
    let told = told_in_turn(seen)?;
    let sent = WATCHERS.map(|name| (name, sent(seen, name)));
    sent.iter().try_for_each(|(name, sent)| each_is_taken(name, sent))?;
    nobody_keeps_the_courier(&told, &sent)?;
    for (name, sent) in &sent {
        if !sent.iter().any(|(number, _)| *number == POSITIONS) {
            let seen = format!("{name} was never sent position {POSITIONS}, which is the newest");
            return Err(Wrong::seen(seen));
        }
    }
    let kept = most_kept(seen)?;
    if let Some(mut old) = an_old_one(&sent) {
        if kept > MOST_KEPT {
            old += &format!(", and {kept} positions were kept at once");
        }
        return Err(Wrong::seen(old));
    }
    nobody_ready_misses_one(&told, &sent)?;
    if kept > MOST_KEPT {
        return Err(Wrong::seen(format!("{kept} positions were kept at once")));
    }
    seen.has_it(COURIER)?;
    WATCHERS.iter().try_for_each(|name| seen.has_it(name))
}

/// Positions with what the server saw of them.
type Numbered<'a> = Vec<(u32, &'a Visit)>;

/// What was asked of the courier, or sent to a watcher.
fn sent<'a>(seen: &'a Seen, name: &str) -> Numbered<'a> {
    let of = seen.visits.iter().filter(|visit| part(visit, "for") == Some(name));
    of.filter_map(|visit| Some((part(visit, "position")?.parse().ok()?, visit))).collect()
}

/// The courier was asked for each position once, one after another.
fn told_in_turn(seen: &Seen) -> Result<Numbered<'_>, Wrong> {
    let told = sent(seen, COURIER);
    if !told.iter().map(|(number, _)| *number).eq(1..=POSITIONS) {
        let all: Vec<String> = told.iter().map(|(number, _)| number.to_string()).collect();
        let seen = format!("the courier was asked for these positions: {}", all.join(", "));
        return Err(Wrong::seen(seen));
    }
    let given_up = told.iter().find(|(_, visit)| !visit.is_answered());
    given_up.map_or(Ok(()), |(number, _)| {
        Err(Wrong::seen(format!("the courier was not waited for at position {number}")))
    })?;
    Ok(told)
}

/// Whatever was sent to this watcher was taken, each but once and newer than the last.
fn each_is_taken(name: &str, sent: &Numbered) -> Result<(), Wrong> {
    if let Some((number, _)) = sent.iter().find(|(_, visit)| !visit.is_answered()) {
        let seen = format!(
            "{name} was sent position {number}, and it was given up before {name} had taken it"
        );
        return Err(Wrong::seen(seen));
    }
    let back = sent.windows(2).find(|pair| pair[1].0 <= pair[0].0);
    back.map_or(Ok(()), |pair| {
        Err(Wrong::seen(format!("{name} was sent position {} after {}", pair[1].0, pair[0].0)))
    })
}

/// Between two of the courier's questions nobody took what they had been sent before, and
/// was waited for. The one in the long tunnel takes so long that only who waits for it
/// asks the next question then; if another one were waited for, it would be each time.
fn nobody_keeps_the_courier(told: &Numbered, sent: &[(&str, Numbered)]) -> Result<(), Wrong> {
    let mut waited_for = Vec::new();
    for (name, sent) in sent {
        let taken_between = told.windows(2).filter_map(|pair| {
            let (before, (number, next)) = (pair[0].1.ended?, pair[1]);
            let is_between = |ended: Duration| before < ended && ended <= next.arrived;
            let taken = sent.iter().find(|(_, visit)| visit.ended.is_some_and(is_between))?;
            Some((*name, number, *taken))
        });
        let taken_between: Vec<_> = taken_between.collect();
        let is_each_time = taken_between.len() + 1 == told.len();
        let in_tunnel = |(_, visit): (u32, &Visit)| part(visit, "seconds") == Some(TUNNEL);
        waited_for.extend(taken_between.into_iter().filter(|it| is_each_time || in_tunnel(it.2)));
    }
    // Who waits for everybody waits for the slowest.
    let longest = waited_for
        .iter()
        .max_by_key(|(_, _, (_, visit))| visit.ended.map(|ended| ended - visit.arrived));
    longest.map_or(Ok(()), |(name, number, (taken, _))| {
        Err(Wrong::seen(format!(
            "the courier was asked for position {number} only when {name} had taken position {taken}"
        )))
    })
}
/// Somebody who was sent one when another one had been sent a newer one already, before
/// the first had taken the one before.
fn an_old_one(sent: &[(&str, Numbered)]) -> Option<String> {
    sent.iter().find_map(|(name, own)| {
        let others = || sent.iter().filter(|(other, _)| other != name);
        own.windows(2).find_map(|pair| {
            let (ready, number) = (pair[0].1.ended?, pair[1].0);
            let newest = |(other, sent): &(&str, Numbered)| {
                let before = sent.iter().filter(|(_, visit)| visit.arrived < ready);
                before.map(|(number, _)| *number).max().map(|newest| (newest, other.to_string()))
            };
            let (newest, other) = others().filter_map(newest).max()?;
            (newest > number).then(|| {
                format!(
                    "{name} was sent position {number} when {other} had been sent position {newest}"
                )
            })
        })
    })
}

/// Whoever took nothing when a position came was sent it.
fn nobody_ready_misses_one(told: &Numbered, sent: &[(&str, Numbered)]) -> Result<(), Wrong> {
    for (number, told) in told {
        let Some(came) = told.ended else { continue };
        for (name, sent) in sent {
            let is_ready = !sent.iter().any(|(_, visit)| visit.is_there(came));
            if is_ready && !sent.iter().any(|(other, _)| other == number) {
                let seen = format!(
                    "{name} was not sent position {number}, and nothing else was on its way there"
                );
                return Err(Wrong::seen(seen));
            }
        }
    }
    Ok(())
}

/// How many positions were kept at the same time, at most: each has a row.
fn most_kept(seen: &Seen) -> Result<usize, Wrong> {
    let rows: Vec<_> = seen.lanes().iter().filter(|lane| lane.name.starts_with('#')).collect();
    if rows.len() != POSITIONS as usize {
        let seen = format!("{} positions had a row, and there were {POSITIONS}", rows.len());
        return Err(Wrong::seen(seen));
    }
    let kept = |at: Duration| {
        rows.iter().filter(move |row| row.created <= at && row.ended.is_none_or(|ended| ended > at))
    };
    Ok(rows.iter().map(|row| kept(row.created).count()).max().unwrap_or_default())
}
