//! What a recording means, in sentences.
//!
//! Every sentence is true by the recording alone.

use std::time::Duration;

use crate::recording::{BLOCKED_AFTER, Figures, Held, Lane, Place, Recording};
use crate::time::{exact, rounded};

/// More blocked stretches than these are summed up.
const MOST_BLOCKED_TOLD: usize = 5;

/// One that lasted so many times as long as those is told as well.
const MUCH_LONGER: f64 = 1.5;

/// More places in the source are not worth a line each.
const MOST_PLACES: usize = 3;

impl Recording {
    /// What it means, in sentences. They go below every picture of it.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![summary(self)];
        sentences.extend(outcomes(&self.figures));
        sentences.extend(event_loops(self));
        sentences.extend(preempted(&self.figures));
        sentences.extend(waited(self));
        sentences
    }

    /// The lanes that the sentences name one by one, by their numbers.
    pub(crate) fn told(&self) -> Vec<usize> {
        let inner = |held: &&Held| held.inner.as_ref().map(|inner| inner.lane);
        let held = told(self);
        let lanes = held.iter().map(|held| held.lane).chain(held.iter().filter_map(inner));
        lanes.chain(worth_telling(self).map(|wait| wait.0)).collect()
    }

    fn name(&self, number: usize) -> &str {
        self.lane(number).map_or("?", |lane| lane.name.as_str())
    }
}

fn summary(recording: &Recording) -> String {
    let figures = &recording.figures;
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
        (figures.ended, "ended"),
        (figures.unfinished, "still going"),
    ];
    let told: Vec<String> = kinds
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    // Where nobody says how it ends, all of them have ended.
    let well = figures.requesters - figures.done.max(figures.ended);
    (well > 0).then(|| told.join(", ") + ".")
}

/// Whether the event loops could turn.
fn event_loops(recording: &Recording) -> Vec<String> {
    let Some(one) = &recording.longest_on_loop else { return Vec::new() };
    if recording.blocked.is_empty() {
        let longest = rounded(one.own_time());
        if recording.event_loop().is_some() {
            return vec![format!(
                "Nobody held the event loop for longer than {longest} at a time."
            )];
        }
        let what = event_loop(recording, one.thread);
        let (who, when) = (recording.name(one.lane), exact(one.from));
        let sentence = format!(
            "{who} held {what} for {longest} at a time, {when} after the start; nobody held one for longer."
        );
        return [sentence].into_iter().chain(places(recording, &[one])).collect();
    }
    let told = told(recording);
    let mut sentences: Vec<String> = told.iter().map(|held| blocked(recording, held)).collect();
    let more = recording.figures.blocks - told.len();
    if more > 0 {
        let all = rounded(recording.figures.blocked);
        let times = if more == 1 { "once" } else { &format!("{more} times") };
        sentences.push(format!(
            "… and so on, {times} more: the event loop was blocked for {all} in all."
        ));
    }
    sentences.extend(places(recording, &told));
    sentences
}

/// The blocked stretches that are told one by one, in the order in which they
/// began: the first, and one that lasted much longer.
fn told(recording: &Recording) -> Vec<&Held> {
    let mut told: Vec<&Held> = recording.blocked.iter().take(MOST_BLOCKED_TOLD).collect();
    let longest = |held: &&&Held| held.time();
    let of_told = told.iter().max_by_key(longest).map_or(Duration::ZERO, |held| held.time());
    let of_all: Vec<&Held> = recording.blocked.iter().collect();
    let of_all = of_all.iter().max_by_key(longest).copied();
    if let Some(longest) = of_all.filter(|held| held.time() > of_told.mul_f64(MUCH_LONGER)) {
        told.pop();
        told.push(longest);
    }
    told
}

fn blocked(recording: &Recording, held: &Held) -> String {
    let (who, time) = (recording.name(held.lane), rounded(held.time()));
    let inner = held.inner.as_ref().map(|inner| {
        format!(", {} of it inside {}", rounded(inner.held), recording.name(inner.lane))
    });
    let inner = inner.unwrap_or_default();
    let what = event_loop(recording, held.thread);
    if recording.event_loop() != Some(held.thread) {
        return format!("{who} held {what} for {time}{inner}.");
    }
    if !recording.is_whole() {
        return format!(
            "{who} held {what} for {time}{inner}: meanwhile nobody else could run on it."
        );
    }
    let waiting: Vec<&Lane> = recording.kept_waiting(held).collect();
    match waiting.as_slice() {
        [] => format!("{who} held {what} for {time}{inner}; nobody else was there to wait."),
        [one] => {
            format!("{who} held {what} for {time}{inner}: meanwhile {} could not run.", one.name)
        }
        [first @ .., last] if first.len() <= 3 => {
            let first: Vec<&str> = first.iter().map(|lane| lane.name.as_str()).collect();
            let names = format!("{} and {}", first.join(", "), last.name);
            format!("{who} held {what} for {time}{inner}: meanwhile {names} could not run.")
        }
        many => format!(
            "{who} held {what} for {time}{inner}: meanwhile {} others could not run.",
            many.len()
        ),
    }
}

/// What runs on this thread.
fn event_loop(recording: &Recording, thread: usize) -> String {
    if recording.event_loop() == Some(thread) {
        return "the event loop".to_owned();
    }
    let thread = recording.thread(thread);
    match thread.and_then(|thread| thread.worker) {
        Some(worker) if worker.of > 1 => format!("worker {} of {}", worker.index + 1, worker.of),
        _ => {
            let name = thread.map_or("?", |thread| thread.name.as_str());
            format!("the event loop of thread '{name}'")
        }
    }
}

/// Where in the source to look, each place once.
fn places(recording: &Recording, told: &[&Held]) -> Vec<String> {
    let mut places: Vec<(&Place, Vec<&str>)> = Vec::new();
    for held in told {
        let name = recording.name(held.lane);
        match places.iter_mut().find(|(place, _)| **place == held.place) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => places.push((&held.place, vec![name])),
        }
    }
    let one = places.len() == 1;
    let sentence = |(place, names): &(&Place, Vec<&str>)| {
        let who = if one { "Where".to_owned() } else { names.join(", ") };
        place.in_words().map(|place| format!("{who}: {place}."))
    };
    places.iter().take(MOST_PLACES).filter_map(sentence).collect()
}

impl Place {
    /// As the end of a sentence; none if nothing is known.
    fn in_words(&self) -> Option<String> {
        let span = self.span.as_ref().map(|span| format!("in the span of {span}"));
        let event = match (&self.after, &self.before) {
            (Some(after), _) => Some(format!("after the event at {after}")),
            (None, Some(before)) => Some(format!("before the event at {before}")),
            (None, None) => None,
        };
        let parts: Vec<String> = event.into_iter().chain(span).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// How often the system kept the thread, and not what ran on it.
fn preempted(figures: &Figures) -> Option<String> {
    let times = match figures.preempted {
        0 => return None,
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let all = rounded(figures.preempted_for);
    Some(format!(
        "The machine was busy: {times}, for {all} in all, the event loop had no core to run on."
    ))
}

/// Who was woken and came late.
fn waited(recording: &Recording) -> Option<String> {
    worth_telling(recording).map(|(lane, time)| {
        let (name, time) = (recording.name(lane), rounded(time));
        format!("{name} was woken, and waited {time} to be polled.")
    })
}

fn worth_telling(recording: &Recording) -> Option<(usize, Duration)> {
    let wait = recording.longest_wait.as_ref()?;
    (wait.time() >= BLOCKED_AFTER).then(|| (wait.lane, wait.time()))
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
