//! What a recording means, in sentences.
//!
//! Every sentence is true by the recording alone.

use std::time::Duration;

use crate::recording::{BLOCKED_AFTER, Begins, Figures, Held, Lane, Place, Recording};
use crate::time::{exact, rounded};

/// More blocked stretches than these are summed up.
const MOST_BLOCKED_TOLD: usize = 5;

/// One that lasted so many times as long as those is told as well.
const MUCH_LONGER: f64 = 1.5;

/// A wait for a core that was this part of a stretch is told.
const WORTH_TELLING: f64 = 0.1;

/// More places in the source are not worth a line each.
const MOST_PLACES: usize = 3;

impl Recording {
    /// What it means, in sentences. They go below every picture of it.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![summary(self)];
        sentences.extend(asked(self));
        sentences.extend(outcomes(&self.figures));
        sentences.extend(event_loops(self));
        sentences.extend(preempted(self));
        sentences.extend(waited(self));
        sentences
    }

    /// What goes on while an event loop is blocked, for whoever looks meanwhile: who holds it,
    /// for how long so far, and who waits for it; and where in the source to look. Empty if
    /// nobody had held one for 10 ms or longer at the moment of the recording.
    pub fn blocked_now(&self) -> Vec<String> {
        let Some(held) = self.held_now() else { return Vec::new() };
        let (who, what) = (self.called(held.lane), self.event_loop_called(held.thread));
        let waiting = names(self, self.kept_waiting(held).collect());
        let waiting = waiting.map_or(String::new(), |(names, _)| format!(": {names} cannot run"));
        let sentence = format!("{who} has held {what} for {}{waiting}.", rounded(held.time()));
        let place = held.place.in_words().map(|place| format!("Where: {place}."));
        [sentence].into_iter().chain(place).collect()
    }

    /// The lanes that the sentences name one by one, by their numbers.
    pub(crate) fn told(&self) -> Vec<usize> {
        let inner = |held: &&Held| held.inner.as_ref().map(|inner| inner.lane);
        let held = told(self);
        let lanes = held.iter().map(|held| held.lane).chain(held.iter().filter_map(inner));
        let lanes = lanes.chain(self.across_await.iter().map(|held| held.lane));
        lanes.chain(worth_telling(self).map(|wait| wait.0)).collect()
    }

    /// What a lane is called, so that it can be told from every other.
    pub fn called(&self, number: usize) -> String {
        let Some(lane) = self.lane(number) else { return "?".to_owned() };
        let other = self.lanes.iter().any(|it| it.number != number && it.name == lane.name);
        if other { format!("{} (number {})", lane.name, number + 1) } else { lane.name.clone() }
    }

    /// What the event loop on this thread is called: `the event loop` where there is one.
    pub fn event_loop_called(&self, thread: usize) -> String {
        if self.event_loop() == Some(thread) {
            return "the event loop".to_owned();
        }
        let thread = self.thread(thread);
        match thread.and_then(|thread| thread.worker) {
            Some(worker) if !worker.stays => {
                format!("the thread of worker {} of {}", worker.index + 1, worker.of)
            }
            _ => {
                let name = thread.map_or("?", |thread| thread.name.as_str());
                format!("the event loop of thread '{name}'")
            }
        }
    }
}

fn summary(recording: &Recording) -> String {
    let figures = &recording.figures;
    let (all, elapsed) = (count(figures.requesters, "requester"), rounded(recording.elapsed));
    let were = if figures.requesters == 1 { "was" } else { "were" };
    if figures.requesters == 0 {
        return format!("No requester was made, in {elapsed} of your time.");
    }
    if figures.threads == 0 {
        return format!("{all} {were} made, and never ran, in {elapsed} of your time.");
    }
    // Who was entered and yet held no thread makes the sum worthless.
    let held = match recording.across_await {
        Some(_) => String::new(),
        None => format!(", held for {} in all", rounded(figures.held)),
    };
    format!(
        "{all} {were} under way for {}, in {elapsed} of your time: at most {} at once, on {}{held}.",
        rounded(figures.one_by_one),
        figures.most_in_flight,
        count(figures.threads, "thread"),
    )
}

/// Of what the bars are.
fn asked(recording: &Recording) -> Option<String> {
    let drawn = recording.begins == Begins::Asked && !recording.lanes.is_empty();
    drawn.then(|| "Each bar begins when a client asked, and shows what the server did.".to_owned())
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
    if let Some(held) = &recording.across_await {
        return across_await(recording, held);
    }
    let Some(one) = &recording.longest_on_loop else { return Vec::new() };
    if recording.blocked.is_empty() {
        let longest = rounded(one.time());
        if recording.event_loop().is_some() {
            let none = match recording.begins {
                // What else the server was asked for is not in the recording.
                Begins::Asked => "None of these",
                Begins::Made | Begins::Read => "No requester",
            };
            let is_busy = one.time() >= BLOCKED_AFTER || lacked_a_core(one);
            let counting = if is_busy { ", counting what it waited for a core" } else { "" };
            return vec![format!(
                "{none} held the event loop for longer than {longest} at a time{counting}."
            )];
        }
        let what = recording.event_loop_called(one.thread);
        let (who, when) = (recording.called(one.lane), exact(one.from));
        let sentence = format!(
            "{who} held {what} for {longest} at a time, {when} after the start; no requester held one for longer."
        );
        return [sentence].into_iter().chain(places(recording, &[one])).collect();
    }
    let told = told(recording);
    let mut sentences: Vec<String> = told.iter().map(|held| blocked(recording, held)).collect();
    let more = recording.figures.blocks - told.len();
    if more > 0 {
        let all = rounded(recording.figures.blocked);
        let times = if more == 1 { "once" } else { &format!("{more} times") };
        let of = match recording.event_loop() {
            Some(_) => "the event loop blocked",
            None if recording.event_loops().any(|it| it.worker.is_some_and(|it| !it.stays)) => {
                "threads of workers held"
            }
            None => "event loops blocked",
        };
        sentences.push(format!("… and so on, {times} more: {of} for {all} in all."));
    }
    sentences.extend(places(recording, &told));
    sentences
}

/// A guard that was kept across an await, which learners do: the lens cannot tell
/// then who held the thread, and says what to write instead.
fn across_await(recording: &Recording, held: &Held) -> Vec<String> {
    let sentence = format!(
        "The event loop slept while the span of {} was entered: it was kept entered across an .await, so who held the thread cannot be told. Write .instrument(span) in the place of .enter() or .entered().",
        recording.called(held.lane)
    );
    let place = held.place.span.as_ref().map(|span| format!("Where: in the span of {span}."));
    [sentence].into_iter().chain(place).collect()
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
    let (who, time) = (recording.called(held.lane), rounded(held.time()));
    let inner = held.inner.as_ref().map(|inner| {
        format!(", {} of it inside {}", rounded(inner.held), recording.called(inner.lane))
    });
    let waited = lacked_a_core(held)
        .then(|| format!(", up to {} of it without a core", rounded(held.core_wait)));
    let what = recording.event_loop_called(held.thread);
    let all = [inner, waited].into_iter().flatten().collect::<String>();
    let sentence = format!("{who} held {what} for {time}{all}");
    match meanwhile(recording, held) {
        Some(meanwhile) => sentence + &meanwhile,
        None => sentence + ".",
    }
}

fn lacked_a_core(held: &Held) -> bool {
    held.core_wait > Duration::ZERO && held.core_wait >= held.time().mul_f64(WORTH_TELLING)
}

/// Who could not run meanwhile; none if there is nothing that can be said.
fn meanwhile(recording: &Recording, held: &Held) -> Option<String> {
    if recording.event_loop() != Some(held.thread) {
        return None;
    }
    if !recording.is_whole() {
        return Some(": meanwhile no other could run on it.".to_owned());
    }
    let could_not_run = names(recording, recording.kept_waiting(held).collect())
        .map(|(names, _)| format!("{names} could not run"));
    let unread = names(recording, recording.unread(held).collect()).map(|(names, many)| {
        let whose = if many { "their requests" } else { "that request" };
        format!("{names} had asked, and the server had not read {whose}")
    });
    let all: Vec<String> = [could_not_run, unread].into_iter().flatten().collect();
    if !all.is_empty() {
        return Some(format!(": meanwhile {}.", all.join("; ")));
    }
    let alone = match recording.begins {
        Begins::Made => "; no other requester was there to wait.",
        // Who stands in the system's queues, no recording of a server can tell.
        Begins::Read | Begins::Asked => {
            "; no request beside it had been read, and who else had asked is not known."
        }
    };
    recording.is_alone(held).then(|| alone.to_owned())
}

/// What these are called together, and whether they are several.
fn names(recording: &Recording, lanes: Vec<&Lane>) -> Option<(String, bool)> {
    let name = |lane: &&Lane| recording.called(lane.number);
    let names = match lanes.as_slice() {
        [] => return None,
        [one] => name(one),
        [first @ .., last] if first.len() <= 3 => {
            let first: Vec<String> = first.iter().map(name).collect();
            format!("{} and {}", first.join(", "), name(last))
        }
        many => format!("{} others", many.len()),
    };
    Some((names, lanes.len() > 1))
}

/// Where in the source to look, each place once.
fn places(recording: &Recording, told: &[&Held]) -> Vec<String> {
    let mut places: Vec<(&Place, Vec<String>)> = Vec::new();
    for held in told {
        let name = recording.called(held.lane);
        match places.iter_mut().find(|(place, _)| **place == held.place) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => places.push((&held.place, vec![name])),
        }
    }
    let one = places.len() == 1;
    let sentence = |(place, names): &(&Place, Vec<String>)| {
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
fn preempted(recording: &Recording) -> Option<String> {
    let times = match recording.figures.preempted {
        0 => return None,
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let all = rounded(recording.figures.preempted_for);
    let which = if recording.event_loop().is_some() { "the event loop" } else { "an event loop" };
    Some(format!(
        "The machine was busy: {times}, for up to {all} in all, {which} had no core to run on."
    ))
}

/// Who was woken and came late.
fn waited(recording: &Recording) -> Option<String> {
    worth_telling(recording).map(|(lane, time)| {
        let (name, time) = (recording.called(lane), rounded(time));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, ms, recording, recording_until};
    use crate::recording::{Inner, Outcome, Wait, Worker};

    /// The sentences after the first, which sums up.
    #[track_caller]
    fn assert_told(recording: &Recording, wanted: &[&str]) {
        assert_eq!(recording.sentences()[1..], *wanted, "{recording:#?}");
    }

    /// R1 blocks the event loop from 100 to 300 ms, beside these.
    fn blocked_beside(others: Vec<Lane>) -> Recording {
        let all = [lane("R1", [0, 400], &[(1, 0, 1), (1, 100, 300)])].into_iter().chain(others);
        recording(Some(1), all.collect())
    }

    /// Which worker of how many runs on which thread.
    fn on_workers(mut recording: Recording, of: usize) -> Recording {
        for thread in &mut recording.threads {
            thread.worker = Some(Worker { index: thread.id - 1, of, stays: of == 1 });
        }
        for stretch in recording.lanes.iter_mut().flat_map(|lane| &mut lane.stretches) {
            stretch.on_loop = true;
        }
        Recording::of_lanes(recording.elapsed, recording.threads, recording.lanes)
    }

    #[test]
    fn who_holds_an_event_loop_now_is_told_with_whom_that_keeps_waiting_and_where() {
        let waits = |name| lane(name, [0, 900], &[(1, 1, 2)]);
        let report = |held: &[_]| lane("report", [0, 400], held);
        // (who is there, the moment, the sentence)
        let table = [
            (
                vec![report(&[(1, 0, 1), (1, 100, 220)]), waits("R1"), waits("R2")],
                220,
                Some("report has held the event loop for 120 ms: R1 and R2 cannot run."),
            ),
            (
                vec![
                    report(&[(1, 100, 220)]),
                    waits("R1"),
                    lane("R2", [150, 900], &[(1, 150, 150)]),
                ],
                220,
                Some("report has held the event loop for 120 ms: R1 cannot run."),
            ),
            (
                ["R1", "R2", "R3", "R4", "R5"]
                    .map(waits)
                    .into_iter()
                    .chain([report(&[(1, 5, 20)])])
                    .collect(),
                20,
                Some("report has held the event loop for 15 ms: 5 others cannot run."),
            ),
            (
                vec![report(&[(1, 100, 220)])],
                220,
                Some("report has held the event loop for 120 ms."),
            ),
            // It is over, or too short to be felt, or holds no event loop.
            (vec![report(&[(1, 100, 220)]), waits("R1")], 221, None),
            (vec![report(&[(1, 100, 109)]), waits("R1")], 109, None),
            (vec![report(&[(2, 100, 220)]), waits("R1")], 220, None),
        ];
        for (lanes, now, wanted) in table {
            let taken = recording_until(ms(now), Some(1), lanes);
            assert_eq!(taken.blocked_now(), Vec::from_iter(wanted), "{taken:#?}");
        }
    }

    #[test]
    fn what_is_told_now_has_its_place_and_is_of_whoever_has_held_a_loop_for_longest() {
        let lanes = vec![
            lane("R1", [0, 900], &[(1, 250, 300)]),
            lane("R2", [0, 900], &[(2, 100, 300)]),
            lane("R3", [0, 900], &[(1, 1, 2)]),
        ];
        let mut taken = on_workers(recording_until(ms(300), None, lanes), 2);
        for held in &mut taken.blocked {
            let (span, after) =
                (Some("src/main.rs:7".to_owned()), Some("src/main.rs:9".to_owned()));
            held.place = Place { span, after, before: None };
        }
        let wanted = [
            "R2 has held the thread of worker 2 of 2 for 200 ms.",
            "Where: after the event at src/main.rs:9, in the span of src/main.rs:7.",
        ];
        assert_eq!(taken.blocked_now(), wanted);
    }

    #[test]
    fn the_first_sentence_sums_up() {
        let told = |recording: &Recording| recording.sentences().swap_remove(0);
        let wait = |name, to| lane(name, [0, to], &[(1, 0, 1), (1, to - 1, to)]);
        let three = vec![wait("R1", 10_000), wait("R2", 2_000), wait("R3", 5_000)];
        assert_eq!(
            told(&recording(Some(1), three)),
            "3 requesters were under way for 17.0 s, in 10.0 s of your time: at most 3 at once, on 1 thread, held for 4.0 ms in all."
        );
        let two_threads = vec![lane("R1", [0, 1_000], &[(1, 0, 1_000), (2, 500, 1_000)])];
        assert_eq!(
            told(&recording(None, two_threads)),
            "1 requester was under way for 1.0 s, in 1.0 s of your time: at most 1 at once, on 2 threads, held for 1.5 s in all."
        );
        assert_eq!(
            told(&recording(None, vec![lane("R1", [5, 5], &[(1, 5, 5)])])),
            "1 requester was under way for 0.0 ms, in 5.0 ms of your time: at most 1 at once, on 1 thread, held for 0.0 ms in all."
        );
        assert_eq!(
            told(&recording_until(ms(7), None, Vec::new())),
            "No requester was made, in 7.0 ms of your time."
        );
        let never = |name| lane(name, [0, 10], &[]);
        assert_eq!(
            told(&recording(None, vec![never("R1"), never("R2")])),
            "2 requesters were made, and never ran, in 10 ms of your time."
        );
    }

    #[test]
    fn what_is_held_inside_of_another_is_held_once() {
        let mut lanes =
            vec![lane("order", [0, 201], &[(1, 0, 201)]), lane("query", [0, 201], &[(1, 0, 201)])];
        lanes[1].parent = Some(0);
        let recording = recording(Some(1), lanes);
        assert!(recording.sentences()[0].ends_with("on 1 thread, held for 201 ms in all."));
        assert_told(
            &recording,
            &[
                "order held the event loop for 201 ms, 201 ms of it inside query; no other requester was there to wait.",
            ],
        );
    }

    #[test]
    fn a_task_that_was_spawned_by_who_holds_the_loop_is_there_too() {
        let mut lanes =
            vec![lane("main", [0, 400], &[(1, 0, 200)]), lane("T1", [0, 400], &[(1, 200, 201)])];
        lanes[1].parent = Some(0);
        assert_told(&recording(Some(1), lanes), &["main held the event loop for 200 ms."]);
    }

    #[test]
    fn those_who_could_not_run_are_named() {
        let waits = |name: &str| lane(name, [0, 400], &[(1, 1, 2), (1, 399, 400)]);
        let names = ["R2", "R3", "R4", "R5", "R6"].map(waits).to_vec();
        for (others, wanted) in [
            (0, "; no other requester was there to wait."),
            (1, ": meanwhile R2 could not run."),
            (2, ": meanwhile R2 and R3 could not run."),
            (4, ": meanwhile R2, R3, R4 and R5 could not run."),
            (5, ": meanwhile 5 others could not run."),
        ] {
            let wanted = format!("R1 held the event loop for 200 ms{wanted}");
            assert_told(&blocked_beside(names[..others].to_vec()), &[&wanted]);
        }
    }

    #[test]
    fn only_those_could_not_run_who_were_there_and_held_nothing() {
        let silent = ["R1 held the event loop for 200 ms."];
        let alone = ["R1 held the event loop for 200 ms; no other requester was there to wait."];
        for (other, wanted) in [
            // It computed on another thread.
            (lane("R2", [0, 400], &[(1, 0, 1), (2, 50, 350)]), &silent),
            (lane("R2", [0, 400], &[(1, 0, 1), (2, 299, 350)]), &silent),
            // It was made in the last moment of it, or ended before its end.
            (lane("R2", [299, 400], &[(1, 300, 301)]), &silent),
            (lane("R2", [0, 299], &[(1, 0, 1), (2, 290, 299)]), &silent),
            // It was not there at all.
            (lane("R2", [300, 400], &[(1, 300, 301)]), &alone),
            (lane("R2", [0, 100], &[(1, 1, 2)]), &alone),
            // Another event loop or a thread of its own is where it runs.
            (lane("R2", [0, 400], &[(2, 0, 1), (2, 399, 400)]), &silent),
        ] {
            assert_told(&blocked_beside(vec![other]), wanted);
        }
        // A part of it, or a task that it has spawned.
        for (from, to) in [(1, 2), (99, 100), (300, 301)] {
            let mut inside = lane("R2", [0, 400], &[(1, from, to)]);
            inside.parent = Some(0);
            assert_told(&blocked_beside(vec![inside]), &silent);
        }
        // Where one would run that never ran, nobody knows.
        assert_told(&blocked_beside(vec![lane("R2", [0, 400], &[])]), &silent);
        // It was done, and is open only because somebody still has its span.
        let mut done = lane("R2", [0, 400], &[(1, 1, 2)]);
        done.said = Some(ms(2));
        assert_told(&blocked_beside(vec![done]), &silent);
    }

    #[test]
    fn of_two_with_one_name_it_is_said_which() {
        let waits = |name: &str| lane(name, [0, 400], &[(1, 1, 2), (1, 399, 400)]);
        assert_told(
            &blocked_beside(vec![waits("R1"), waits("R3")]),
            &[
                "R1 (number 1) held the event loop for 200 ms: meanwhile R1 (number 2) and R3 could not run.",
            ],
        );
    }

    #[test]
    fn a_crowd_of_which_some_are_kept_names_nobody_who_waited() {
        let mut recording = blocked_beside(vec![lane("R2", [0, 400], &[(1, 1, 2)])]);
        recording.figures.requesters = 40_000;
        recording.figures.done = 40_000;
        let wanted = ["R1 held the event loop for 200 ms: meanwhile no other could run on it."];
        assert_told(&recording, &wanted);
    }

    #[test]
    fn a_worker_that_is_held_says_nothing_of_the_others() {
        let lanes = vec![
            lane("R1", [0, 400], &[(1, 100, 300)]),
            lane("R2", [0, 400], &[(2, 0, 1), (2, 399, 400)]),
        ];
        let mut recording = on_workers(recording(None, lanes), 4);
        assert_told(&recording, &["R1 held the thread of worker 1 of 4 for 200 ms."]);
        recording.figures.blocks = 3;
        recording.figures.blocked = ms(600);
        let more = "… and so on, 2 times more: threads of workers held for 600 ms in all.";
        assert_told(&recording, &["R1 held the thread of worker 1 of 4 for 200 ms.", more]);
    }

    #[test]
    fn of_several_event_loops_each_is_told_by_its_threads_name() {
        let lanes = vec![
            lane("R1", [0, 400], &[(1, 100, 300)]),
            lane("R2", [0, 400], &[(2, 0, 1), (2, 399, 400)]),
        ];
        let mut recording = on_workers(recording(None, lanes), 1);
        recording.threads[0].name = "first".to_owned();
        assert_told(&recording, &["R1 held the event loop of thread 'first' for 200 ms."]);
    }

    #[test]
    fn where_nobody_blocks_the_longest_is_told() {
        let short = vec![lane("R1", [0, 400], &[(1, 100, 109)])];
        let one = recording(Some(1), short.clone());
        // Outside of requesters, the thread may have been held for any time.
        let wanted = ["No requester held the event loop for longer than 9.0 ms at a time."];
        assert_told(&one, &wanted);
        assert_told(
            &on_workers(recording(None, short.clone()), 2),
            &[
                "R1 held the thread of worker 1 of 2 for 9.0 ms at a time, 0.100 s after the start; no requester held one for longer.",
            ],
        );
        assert_told(&recording(None, short), &[]);
    }

    #[test]
    fn ten_milliseconds_block_and_less_does_not() {
        let held = |to| recording(Some(1), vec![lane("R1", [0, 400], &[(1, 100, to)])]);
        assert_eq!((held(109).blocked.len(), held(110).blocked.len()), (0, 1));
    }

    #[test]
    fn stretches_that_were_merged_are_no_block_however_long_they_are() {
        let mut held = lane("R1", [0, 400], &[(1, 0, 200)]);
        held.stretches[0].polls = 50;
        held.stretches[0].held = ms(1);
        assert_eq!(recording(Some(1), vec![held]).blocked, []);
    }

    #[test]
    fn more_than_five_blocks_are_summed_up_and_a_longer_one_is_told() {
        let times: Vec<(usize, u64, u64)> =
            (0..8).map(|number| (1, number * 100, number * 100 + 20)).collect();
        let mut recording = recording(Some(1), vec![lane("R1", [0, 800], &times)]);
        let one = "R1 held the event loop for 20 ms; no other requester was there to wait.";
        let more = "… and so on, 3 times more: the event loop blocked for 160 ms in all.";
        assert_told(&recording, &[one, one, one, one, one, more]);
        recording.blocked[7].to += ms(11);
        let long = "R1 held the event loop for 31 ms; no other requester was there to wait.";
        assert_told(&recording, &[one, one, one, one, long, more]);
    }

    #[test]
    fn what_the_system_kept_is_told_apart() {
        let mut recording = blocked_beside(Vec::new());
        recording.blocked[0].core_wait = ms(19);
        let alone = "; no other requester was there to wait.";
        assert_told(&recording, &[&format!("R1 held the event loop for 200 ms{alone}")]);
        recording.blocked[0].core_wait = ms(20);
        let wanted =
            format!("R1 held the event loop for 200 ms, up to 20 ms of it without a core{alone}");
        assert_told(&recording, &[&wanted]);
        recording.figures.preempted = 1;
        recording.figures.preempted_for = ms(12);
        let busy = "The machine was busy: once, for up to 12 ms in all, the event loop had no core to run on.";
        assert_told(&recording, &[&wanted, busy]);
        recording.figures.preempted = 2;
        let busy = "The machine was busy: 2 times, for up to 12 ms in all, the event loop had no core to run on.";
        assert_told(&recording, &[&wanted, busy]);
    }

    #[test]
    fn the_longest_that_blocked_nobody_is_told_as_it_is_drawn() {
        let mut recording = recording(Some(1), vec![lane("R1", [0, 400], &[(1, 0, 5)])]);
        let none = "No requester held the event loop for longer than 5.0 ms at a time";
        assert_told(&recording, &[&format!("{none}.")]);
        recording.longest_on_loop.as_mut().unwrap().core_wait = ms(4);
        assert_told(&recording, &[&format!("{none}, counting what it waited for a core.")]);
    }

    #[test]
    fn a_span_kept_entered_across_an_await_is_told_and_nothing_is_claimed_of_it() {
        let mut recording = blocked_beside(vec![lane("R2", [0, 400], &[(1, 150, 160)])]);
        let mut held = recording.blocked.remove(0);
        held.place.span = Some("src/main.rs:7".to_owned());
        recording.across_await = Some(held);
        assert_eq!(
            recording.sentences(),
            [
                "2 requesters were under way for 650 ms, in 400 ms of your time: at most 2 at once, on 1 thread.",
                "The event loop slept while the span of R1 was entered: it was kept entered across an .await, so who held the thread cannot be told. Write .instrument(span) in the place of .enter() or .entered().",
                "Where: in the span of src/main.rs:7.",
            ]
        );
    }

    #[test]
    fn with_several_event_loops_the_busy_machine_kept_one_of_them() {
        let short = vec![lane("R1", [0, 400], &[(1, 100, 101)])];
        let mut recording = on_workers(recording(None, short), 2);
        recording.figures.preempted = 1;
        let told = recording.sentences().pop();
        assert!(told.is_some_and(|told| told.ends_with("an event loop had no core to run on.")));
    }

    #[test]
    fn whoever_is_told_of_has_a_row() {
        let lanes = (0..30).map(|number| lane(&format!("R{number}"), [0, 400], &[(1, 0, 1)]));
        let mut recording = recording(None, lanes.collect());
        recording.across_await = Some(Held {
            lane: 7,
            inner: None,
            thread: 1,
            from: ms(0),
            to: ms(1),
            core_wait: ms(0),
            place: Place::default(),
        });
        assert_eq!(recording.told(), [7]);
    }

    #[test]
    fn who_was_woken_and_came_late_is_told() {
        let mut recording = recording(None, vec![lane("R1", [0, 400], &[(1, 100, 101)])]);
        let wait = |to| Some(Wait { lane: 0, from: ms(100), to: ms(to) });
        recording.longest_wait = wait(109);
        assert_told(&recording, &[]);
        recording.longest_wait = wait(110);
        assert_told(&recording, &["R1 was woken, and waited 10 ms to be polled."]);
    }

    #[test]
    fn how_they_ended_is_told_unless_all_is_well() {
        let ended = |outcomes: &[Outcome]| {
            let lanes = outcomes.iter().map(|outcome| {
                let mut lane = lane("R1", [0, 400], &[(1, 0, 1)]);
                lane.outcome = *outcome;
                lane
            });
            recording(None, lanes.collect())
        };
        use Outcome::{Done, Dropped, Ended, Failed, Unfinished};
        assert_told(&ended(&[Done, Done]), &[]);
        assert_told(&ended(&[Ended, Ended]), &[]);
        assert_told(&ended(&[Done, Ended]), &["1 done, 1 ended."]);
        assert_told(
            &ended(&[Failed, Dropped, Unfinished, Done]),
            &["1 done, 1 failed, 1 dropped before the end, 1 still going."],
        );
    }

    #[test]
    fn places_are_told_once_each_and_three_of_them() {
        let times: Vec<(usize, u64, u64)> =
            (0..4).map(|number| (1, number * 100, number * 100 + 20)).collect();
        let mut recording = recording(Some(1), vec![lane("R1", [0, 400], &times)]);
        for (number, held) in recording.blocked.iter_mut().enumerate() {
            held.place.span = Some("a.rs:1".to_owned());
            held.place.before = Some(format!("a.rs:{}", number / 2));
        }
        let told = |recording: &Recording| recording.sentences()[5..].to_vec();
        assert_eq!(
            told(&recording),
            [
                "R1: before the event at a.rs:0, in the span of a.rs:1.",
                "R1: before the event at a.rs:1, in the span of a.rs:1.",
            ]
        );
        recording.blocked[0].place.after = Some("a.rs:9".to_owned());
        recording.blocked[3].place.after = Some("a.rs:8".to_owned());
        assert_eq!(
            told(&recording),
            [
                "R1: after the event at a.rs:9, in the span of a.rs:1.",
                "R1: before the event at a.rs:0, in the span of a.rs:1.",
                "R1: before the event at a.rs:1, in the span of a.rs:1.",
            ]
        );
    }

    #[test]
    fn a_place_is_told_with_all_who_were_there() {
        let lanes = vec![
            lane("R1", [0, 400], &[(1, 0, 20), (1, 200, 220)]),
            lane("R2", [0, 400], &[(1, 100, 120)]),
        ];
        let mut recording = recording(Some(1), lanes);
        for (held, place) in recording.blocked.iter_mut().zip(["a.rs:1", "a.rs:1", "b.rs:1"]) {
            held.place.span = Some(place.to_owned());
        }
        assert_eq!(
            recording.sentences()[4..],
            ["R1, R2: in the span of a.rs:1.", "R1: in the span of b.rs:1."]
        );
    }

    #[test]
    fn an_inner_lane_is_named_with_its_time() {
        let mut recording = blocked_beside(vec![lane("R2", [0, 400], &[(1, 150, 160)])]);
        recording.blocked[0].inner = Some(Inner { lane: 1, held: ms(10) });
        // What was inside of it held the thread itself.
        let wanted = "R1 held the event loop for 200 ms, 10 ms of it inside R2.";
        assert_told(&recording, &[wanted]);
    }
}
