//! Why a run took as long as it did, in one sentence.
//!
//! Every sentence is true by the recording alone. What a thread did while it
//! was held, waiting or working, no recording can tell, and so none says it.

use std::time::Duration;

use crate::recording::{Figures, Lane, Recording};
use crate::time::rounded;

/// How a guess compares with what happened: that decides which side of the
/// reason is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    TooShort,
    TooLong,
}

/// What is said to have happened all the time happened for this part of it at
/// least: no machine starts its threads in no time.
const NEARLY_ALL: f64 = 0.75;

/// A wait for a thread is worth telling from this part of the elapsed time on.
const WORTH_TELLING: f64 = 0.05;

/// The sentence for a run that came to its end.
pub(crate) fn why(recording: &Recording, verdict: Verdict) -> String {
    let run = Run { recording, figures: &recording.figures };
    if !recording.is_whole() {
        // Who is left out may be the reason.
        return run.in_part();
    }
    let reasons = [Run::few, Run::one_by_one, Run::busy_loop, Run::queue];
    let reason = reasons.into_iter().find_map(|reason| reason(&run));
    reason
        .or_else(|| run.together(verdict))
        .or_else(|| run.in_turns())
        .unwrap_or_else(|| run.in_part())
}

struct Run<'a> {
    recording: &'a Recording,
    figures: &'a Figures,
}

/// A requester that was ready and not run, and for how long.
struct Queued<'a> {
    lane: &'a Lane,
    index: usize,
    until: Duration,
    wait: Duration,
}

impl Run<'_> {
    fn lanes(&self) -> &[Lane] {
        &self.recording.lanes
    }

    /// This part of the elapsed time.
    fn part(&self, part: f64) -> Duration {
        self.recording.elapsed.mul_f64(part)
    }

    fn life(&self, lane: &Lane) -> Duration {
        lane.end(self.recording).saturating_sub(lane.started.unwrap_or(lane.created))
    }

    fn few(&self) -> Option<String> {
        match self.lanes() {
            [] => Some("There was no requester at all.".to_owned()),
            [one] => Some(format!(
                "{} took {} of that, and there was nobody else to wait at the same time.",
                one.name,
                rounded(self.life(one))
            )),
            _ => None,
        }
    }

    /// Each was asked for only when the one before had ended.
    fn one_by_one(&self) -> Option<String> {
        let pairs = || self.lanes().windows(2);
        let follows = |pair: &[Lane]| pair[1].created >= pair[0].end(self.recording);
        pairs().all(follows).then(|| {
            let (first, second) = (&self.lanes()[0].name, &self.lanes()[1].name);
            let thread = if self.figures.threads == 1 { ", on one thread" } else { "" };
            let sum = rounded(self.figures.one_by_one);
            format!(
                "{second} was asked for only when {first} had ended: one at a time{thread}, so their times add up, to {sum}."
            )
        })
    }

    /// The one who waited longest for a thread, if all threads were held meanwhile.
    fn queue(&self) -> Option<String> {
        let queued = self.queued()?;
        let from = queued.lane.created;
        let threads: Vec<usize> = match self.recording.event_loop() {
            Some(thread) => vec![thread],
            None => self.recording.threads_held(),
        };
        let these = |thread| threads.contains(&thread);
        let held: Duration =
            self.lanes().iter().map(|lane| held(lane, these, (from, queued.until))).sum();
        let all = queued.wait.mul_f64(threads.len() as f64 * NEARLY_ALL);
        let told = queued.wait >= self.part(WORTH_TELLING) && held >= all;
        told.then(|| match self.recording.event_loop() {
            Some(thread) => self.kept_from_loop(&queued, thread),
            None => self.no_thread_free(&queued, threads.len()),
        })
    }

    fn queued(&self) -> Option<Queued<'_>> {
        let started = self.lanes().iter().enumerate().filter_map(|(index, lane)| {
            let until = lane.started?;
            Some(Queued { lane, index, until, wait: until.saturating_sub(lane.created) })
        });
        started.max_by_key(|queued| queued.wait)
    }

    fn kept_from_loop(&self, queued: &Queued<'_>, event_loop: usize) -> String {
        let (from, to) = (queued.lane.created, queued.until);
        let least = queued.wait.mul_f64(WORTH_TELLING);
        let held = |lane: &Lane| held(lane, |thread| thread == event_loop, (from, to));
        let others = self.lanes().iter().enumerate().filter(|(index, _)| *index != queued.index);
        let holders: Vec<&str> = others
            .filter(|(_, lane)| held(lane) >= least)
            .map(|(_, lane)| lane.name.as_str())
            .collect();
        let who = match holders.as_slice() {
            [one] => format!("{one} held"),
            [first @ .., last] if first.len() <= 2 => {
                format!("{} and {last} held", first.join(", "))
            }
            _ => "the others held".to_owned(),
        };
        let (name, wait) = (&queued.lane.name, rounded(queued.wait));
        let ready = if from <= self.part(WORTH_TELLING) { "ready from the start" } else { "ready" };
        format!("{name}, {ready}, was not polled for {wait}: {who} the event loop until then.")
    }

    fn no_thread_free(&self, queued: &Queued<'_>, threads: usize) -> String {
        let (name, wait) = (&queued.lane.name, rounded(queued.wait));
        let queue = if threads == 1 {
            format!("With one thread for all, {name} waited {wait} for it")
        } else {
            format!("With {threads} threads, {name} waited {wait} for a free one")
        };
        let last = self.lanes().iter().max_by_key(|lane| lane.end(self.recording));
        match last {
            Some(last) if std::ptr::eq(last, queued.lane) => {
                format!("{queue}, and ended last of all.")
            }
            Some(last) if self.life(last) >= self.part(NEARLY_ALL) => {
                format!("{queue}, but {} alone took {}.", last.name, rounded(self.life(last)))
            }
            _ => format!("{queue}."),
        }
    }

    /// The event loop had work to do for most of the time.
    fn busy_loop(&self) -> Option<String> {
        let event_loop = self.recording.event_loop()?;
        let elapsed = self.recording.elapsed;
        let on_loop =
            |lane: &Lane| held(lane, |thread| thread == event_loop, (Duration::ZERO, elapsed));
        let held: Duration = self.lanes().iter().map(on_loop).sum();
        let most = self.lanes().iter().max_by_key(|lane| on_loop(lane))?;
        let by = if on_loop(most) >= held.mul_f64(NEARLY_ALL) {
            format!("most of it by {}", most.name)
        } else {
            "by one requester or another".to_owned()
        };
        let told = held >= self.part(0.5) && self.figures.most_in_flight > 1;
        told.then(|| {
            let held = rounded(held);
            format!(
                "The event loop's one thread was held for {held} of that, {by}, and only the rest was left to wait together."
            )
        })
    }

    /// All were under way at once, and the longest took nearly all the time.
    fn together(&self, verdict: Verdict) -> Option<String> {
        let longest = self.lanes().iter().max_by_key(|lane| self.life(lane))?;
        let (name, life) = (&longest.name, self.life(longest));
        if self.figures.most_in_flight < self.lanes().len() || life < self.part(NEARLY_ALL) {
            return None;
        }
        let number = self.lanes().len();
        let all = if number == 2 { "Both".to_owned() } else { format!("All {number}") };
        let holding = self.each_on_its_own_thread();
        let how = match self.share_held() {
            _ if holding => "ran at the same time, each on a thread of its own",
            ..=0.5 => "waited at the same time",
            _ => "were under way at the same time",
        };
        let life = rounded(life);
        Some(match verdict {
            Verdict::TooShort if holding => {
                format!("{all} {how}, but {name} kept its thread for {life}, waiting or working.")
            }
            Verdict::TooShort => format!("{all} {how}, but {name} alone took {life}."),
            _ => format!("{all} {how}, so only the longest counts: {name}, {life}."),
        })
    }

    /// For which part of their lives the requesters held a thread.
    fn share_held(&self) -> f64 {
        let lives = self.figures.one_by_one.as_secs_f64().max(f64::MIN_POSITIVE);
        self.figures.held.as_secs_f64() / lives
    }

    fn each_on_its_own_thread(&self) -> bool {
        let on_one =
            |lane: &Lane| lane.stretches.windows(2).all(|pair| pair[0].thread == pair[1].thread);
        self.share_held() >= NEARLY_ALL
            && self.figures.threads == self.lanes().len()
            && self.lanes().iter().all(on_one)
    }

    /// Somewhere in between, everybody had ended before the next was asked for.
    fn in_turns(&self) -> Option<String> {
        let mut last = self.lanes().first()?;
        for lane in &self.lanes()[1..] {
            if lane.created >= last.end(self.recording) {
                return Some(format!(
                    "{} was asked for only when {} had ended: {}.",
                    lane.name,
                    last.name,
                    self.up_to()
                ));
            }
            if lane.end(self.recording) > last.end(self.recording) {
                last = lane;
            }
        }
        None
    }

    fn in_part(&self) -> String {
        format!("Together they took {}: {}.", rounded(self.figures.one_by_one), self.up_to())
    }

    fn up_to(&self) -> String {
        let (most, all) = (self.figures.most_in_flight, self.figures.requesters);
        format!("at most {most} of the {all} were under way at the same time")
    }
}

/// For how long a requester held such threads between two moments.
fn held(lane: &Lane, thread: impl Fn(usize) -> bool, (from, to): (Duration, Duration)) -> Duration {
    let these = lane.stretches.iter().filter(|stretch| thread(stretch.thread));
    these.map(|stretch| stretch.held_within(from, to)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, recording};

    #[track_caller]
    fn assert_told(recording: &Recording, verdict: Verdict, wanted: &str) {
        assert_eq!(why(recording, verdict), wanted);
    }

    /// The same whatever was guessed.
    #[track_caller]
    fn assert_always_told(recording: &Recording, wanted: &str) {
        for verdict in [Verdict::Right, Verdict::TooShort, Verdict::TooLong] {
            assert_told(recording, verdict, wanted);
        }
    }

    #[test]
    fn one_after_another_adds_up() {
        let lanes = vec![
            lane("R1", [0, 10_000], &[(1, 0, 10_000)]),
            lane("R2", [10_000, 12_000], &[(1, 10_000, 12_000)]),
            lane("R3", [12_000, 17_000], &[(1, 12_000, 17_000)]),
        ];
        let mut run = recording(None, lanes);
        assert_always_told(
            &run,
            "R2 was asked for only when R1 had ended: one at a time, on one thread, so their times add up, to 17.0 s.",
        );
        // Awaited one by one on an event loop it is the same.
        run = recording(Some(1), run.lanes);
        assert_always_told(
            &run,
            "R2 was asked for only when R1 had ended: one at a time, on one thread, so their times add up, to 17.0 s.",
        );
        run.lanes[1].stretches[0].thread = 2;
        run = recording(None, run.lanes);
        assert_always_told(
            &run,
            "R2 was asked for only when R1 had ended: one at a time, so their times add up, to 17.0 s.",
        );
    }

    #[test]
    fn of_waiting_together_only_the_longest_counts() {
        let wait = |name, to| lane(name, [0, to], &[(1, 0, 1), (1, to - 1, to)]);
        let lanes = vec![wait("R1", 10_000), wait("R2", 2_000), wait("R3", 5_000)];
        let mut run = recording(Some(1), lanes);
        let wanted = "All 3 waited at the same time, so only the longest counts: R1, 10.0 s.";
        assert_told(&run, Verdict::TooLong, wanted);
        assert_told(&run, Verdict::Right, wanted);
        let wanted = "All 3 waited at the same time, but R1 alone took 10.0 s.";
        assert_told(&run, Verdict::TooShort, wanted);
        run.lanes.pop();
        run = recording(Some(1), run.lanes);
        let wanted = "Both waited at the same time, so only the longest counts: R1, 10.0 s.";
        assert_told(&run, Verdict::TooLong, wanted);
    }

    #[test]
    fn ten_thousand_wait_together_like_three() {
        let one = |number| lane(&format!("R{number}"), [0, 1000], &[(1, 0, 0), (1, 1000, 1000)]);
        let run = recording(Some(1), (1..=10_000).map(one).collect());
        let wanted =
            "All 10000 waited at the same time, so only the longest counts: R10000, 1.0 s.";
        assert_told(&run, Verdict::TooLong, wanted);
    }

    #[test]
    fn who_held_the_event_loop_and_who_was_ready_is_told() {
        let lanes = vec![
            lane("R1", [0, 10_000], &[(1, 0, 10_000)]),
            lane("R2", [0, 12_000], &[(1, 10_000, 12_000)]),
            lane("R3", [0, 17_000], &[(1, 12_000, 17_000)]),
        ];
        let mut run = recording(Some(1), lanes);
        assert_always_told(
            &run,
            "R3, ready from the start, was not polled for 12.0 s: R1 and R2 held the event loop until then.",
        );
        run.lanes.remove(1);
        run.lanes[1].created = Duration::from_secs(3);
        run = recording(Some(1), run.lanes);
        assert_always_told(
            &run,
            "R3, ready, was not polled for 9.0 s: R1 held the event loop until then.",
        );
        let one = |number: u64| {
            let (from, to) = (number * 100, number * 100 + 100);
            lane(&format!("R{number}"), [0, to], &[(1, from, to)])
        };
        assert_always_told(
            &recording(Some(1), (0..100).map(one).collect()),
            "R99, ready from the start, was not polled for 9.9 s: the others held the event loop until then.",
        );
    }

    #[test]
    fn who_found_no_thread_free_is_told() {
        let lanes = vec![
            lane("R1", [0, 10_000], &[(2, 0, 10_000)]),
            lane("R2", [0, 2_000], &[(3, 0, 2_000)]),
            lane("R3", [0, 7_000], &[(3, 2_000, 7_000)]),
        ];
        let mut run = recording(None, lanes);
        assert_always_told(
            &run,
            "With 2 threads, R3 waited 2.0 s for a free one, but R1 alone took 10.0 s.",
        );
        run.lanes[2] = lane("R3", [0, 12_000], &[(3, 2_000, 12_000)]);
        run = recording(None, run.lanes);
        assert_always_told(
            &run,
            "With 2 threads, R3 waited 2.0 s for a free one, and ended last of all.",
        );
        let one = |number: u64| {
            let (from, to) = (number * 100, number * 100 + 100);
            lane(&format!("R{number}"), [0, to], &[(2, from, to)])
        };
        assert_always_told(
            &recording(None, (0..100).map(one).collect()),
            "With one thread for all, R99 waited 9.9 s for it, and ended last of all.",
        );
    }

    #[test]
    fn a_wait_while_threads_were_free_is_no_queue() {
        let lanes = vec![
            lane("R1", [0, 10_000], &[(2, 0, 1), (2, 9_999, 10_000)]),
            lane("R2", [0, 10_000], &[(2, 5_000, 5_001)]),
        ];
        let wanted = "Both waited at the same time, so only the longest counts: R1, 10.0 s.";
        assert_told(&recording(None, lanes), Verdict::TooLong, wanted);
    }

    #[test]
    fn threads_that_are_held_do_not_tell_whether_they_work() {
        let held = |name, thread, to| lane(name, [0, to], &[(thread, 0, to)]);
        let run =
            recording(None, vec![held("R1", 2, 9_000), held("R2", 3, 3_000), held("R3", 4, 6_000)]);
        let wanted = "All 3 ran at the same time, each on a thread of its own, so only the longest counts: R1, 9.0 s.";
        assert_told(&run, Verdict::TooLong, wanted);
        let wanted = "All 3 ran at the same time, each on a thread of its own, but R1 kept its thread for 9.0 s, waiting or working.";
        assert_told(&run, Verdict::TooShort, wanted);
    }

    #[test]
    fn a_driver_with_threads_of_its_own_is_under_way() {
        let lanes = vec![
            lane("R1", [0, 9_000], &[(1, 0, 1), (2, 0, 8_900)]),
            lane("R2", [0, 3_000], &[(1, 1, 2), (3, 1, 2_900)]),
        ];
        let wanted = "Both were under way at the same time, but R1 alone took 9.0 s.";
        assert_told(&recording(Some(1), lanes), Verdict::TooShort, wanted);
    }

    #[test]
    fn an_event_loop_that_works_has_little_to_wait_for() {
        let busy = |name, from: u64| {
            let polls: Vec<(usize, u64, u64)> =
                (0..8).map(|poll| (1, poll * 1000 + from, poll * 1000 + from + 400)).collect();
            lane(name, [0, 8_000], &polls)
        };
        assert_always_told(
            &recording(Some(1), vec![busy("R1", 0), busy("R2", 400)]),
            "The event loop's one thread was held for 6.4 s of that, by one requester or another, and only the rest was left to wait together.",
        );
    }

    #[test]
    fn one_requester_that_blocks_the_others_is_named() {
        let lanes = vec![
            lane("R1", [0, 9_000], &[(1, 0, 10), (1, 8_000, 9_000)]),
            lane("R2", [0, 8_000], &[(1, 10, 8_000)]),
        ];
        assert_always_told(
            &recording(Some(1), lanes),
            "The event loop's one thread was held for 9.0 s of that, most of it by R2, and only the rest was left to wait together.",
        );
    }

    #[test]
    fn one_half_after_the_other_is_told() {
        let wait = |name, from, to| lane(name, [from, to], &[(1, from, from + 1)]);
        let lanes = vec![
            wait("A1", 0, 2_000),
            wait("A2", 0, 3_000),
            wait("S1", 3_000, 5_000),
            wait("S2", 3_000, 6_000),
        ];
        assert_always_told(
            &recording(Some(1), lanes),
            "S1 was asked for only when A2 had ended: at most 2 of the 4 were under way at the same time.",
        );
    }

    #[test]
    fn what_overlaps_in_part_is_counted() {
        let wait = |name, from, to| lane(name, [from, to], &[(1, from, from + 1)]);
        let lanes = vec![wait("R1", 0, 4_000), wait("R2", 3_000, 7_000), wait("R3", 6_000, 9_000)];
        assert_always_told(
            &recording(Some(1), lanes),
            "Together they took 11.0 s: at most 2 of the 3 were under way at the same time.",
        );
    }

    #[test]
    fn one_or_none_has_nobody_to_wait_with() {
        assert_always_told(&recording(None, Vec::new()), "There was no requester at all.");
        assert_always_told(
            &recording(None, vec![lane("R1", [100, 2_100], &[(1, 100, 2_100)])]),
            "R1 took 2.0 s of that, and there was nobody else to wait at the same time.",
        );
    }
}
