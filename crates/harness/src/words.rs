//! What a recording means, in sentences.

use crate::recording::{Blocked, Figures, Lane, Recording};
use crate::time::rounded;

/// More blocked stretches than these are summed up.
const MOST_BLOCKED_TOLD: usize = 5;

/// The sentences that go below every picture of this recording.
pub(crate) fn sentences(recording: &Recording) -> Vec<String> {
    let figures = recording.figures();
    let mut sentences = vec![summary(recording, &figures)];
    sentences.extend(outcomes(&figures));
    sentences.extend(event_loop(recording, &figures));
    sentences
}

fn summary(recording: &Recording, figures: &Figures) -> String {
    format!(
        "{} took {}, in {} of your time: at most {} at once, on {}, held for {} in all.",
        count(figures.requesters, "requester"),
        rounded(figures.one_by_one),
        rounded(recording.elapsed),
        figures.most_in_flight,
        count(figures.threads, "thread"),
        rounded(figures.held),
    )
}

/// How they ended, unless all is well.
fn outcomes(figures: &Figures) -> Option<String> {
    let kinds = [
        (figures.done, "done"),
        (figures.failed, "failed"),
        (figures.dropped, "dropped before the end"),
        (figures.unfinished, "still going"),
    ];
    let told: Vec<String> = kinds
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    (figures.done < figures.requesters).then(|| told.join(", ") + ".")
}

/// Whether the event loop could turn.
fn event_loop(recording: &Recording, figures: &Figures) -> Vec<String> {
    if recording.event_loop.is_none() || recording.lanes.is_empty() {
        return Vec::new();
    }
    if recording.blocked.is_empty() {
        return vec![format!(
            "Nobody held the event loop for longer than {} at a time.",
            rounded(recording.longest_on_loop)
        )];
    }
    let told =
        recording.blocked.iter().take(MOST_BLOCKED_TOLD).map(|blocked| told(recording, blocked));
    let mut sentences: Vec<String> = told.collect();
    let more = recording.blocked.len().saturating_sub(MOST_BLOCKED_TOLD);
    if more > 0 {
        let all = rounded(figures.blocked);
        sentences.push(format!(
            "… and so on, {more} times more: the event loop was blocked for {all} in all."
        ));
    }
    sentences
}

fn told(recording: &Recording, blocked: &Blocked) -> String {
    let who = &recording.lanes[blocked.lane].name;
    let held = rounded(blocked.held());
    let waiting: Vec<&Lane> = recording.kept_waiting(blocked).collect();
    match waiting.as_slice() {
        [] => format!("{who} held the event loop for {held}; nobody else was there to wait."),
        [one] => {
            format!("{who} held the event loop for {held}: meanwhile {} could not run.", one.name)
        }
        [first @ .., last] if first.len() <= 3 => {
            let first: Vec<&str> = first.iter().map(|lane| lane.name.as_str()).collect();
            let names = format!("{} and {}", first.join(", "), last.name);
            format!("{who} held the event loop for {held}: meanwhile {names} could not run.")
        }
        many => format!(
            "{who} held the event loop for {held}: meanwhile {} others could not run.",
            many.len()
        ),
    }
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
