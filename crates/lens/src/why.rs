//! Why a run took as long as it did, in one sentence or two.
//!
//! Every sentence is true by the recording alone. What a thread did while it
//! was held, waiting or working, no recording can tell, and so none says it; nor
//! does it tell whether anybody awaited a future before its first poll.

use std::time::Duration;

use crate::recording::{Begins, Figures, Lane, Outcome, Recording, Stretch};
use crate::time::rounded;

/// What was guessed, and how it compares with what happened: that decides which
/// side of the reason is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    /// The run took longer than this.
    TooShort(Duration),
    TooLong,
}

/// What is said to have happened all the time happened for this part of it at
/// least: no machine starts its threads in no time.
const NEARLY_ALL: f64 = 0.75;

/// Who held a thread for no more than this part of its life waited for most of it.
const MOSTLY_WAITED: f64 = 0.5;

/// A wait for a thread may be the reason from this part of the elapsed time on.
const A_REASON: f64 = 0.1;

/// A time at which nobody was under way is worth telling from this part of the
/// elapsed time on, and who held a thread for this part of a wait.
const WORTH_TELLING: f64 = 0.05;

/// The sentences for a run that came to its end.
pub(crate) fn why(recording: &Recording, verdict: Verdict) -> String {
    let run = Run { recording, figures: &recording.figures };
    if !recording.is_whole() {
        // Who is left out may be the reason.
        return run.in_part();
    }
    let reasons = [
        Run::unknown,
        Run::few,
        Run::never_ran,
        Run::one_by_one,
        Run::first_of_all,
        Run::busy_loop,
        Run::queue,
        Run::in_turn,
    ];
    let reason = reasons.into_iter().find_map(|reason| reason(&run));
    let reason = reason
        .or_else(|| run.together(verdict))
        .or_else(|| run.in_halves())
        .unwrap_or_else(|| run.in_part());
    [Some(reason), run.outside()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

struct Run<'a> {
    recording: &'a Recording,
    figures: &'a Figures,
}

/// A requester that had been made and not run, and for how long.
struct Queued<'a> {
    lane: &'a Lane,
    until: Duration,
    wait: Duration,
}

impl<'a> Run<'a> {
    fn lanes(&self) -> &'a [Lane] {
        &self.recording.lanes
    }

    /// This part of the elapsed time.
    fn part(&self, part: f64) -> Duration {
        self.recording.elapsed.mul_f64(part)
    }

    /// When it was under way: from its first poll or call to its end.
    fn under_way(&self, lane: &Lane) -> Option<(Duration, Duration)> {
        lane.started.map(|started| (started, lane.end(self.recording)))
    }

    fn life(&self, lane: &Lane) -> Duration {
        self.under_way(lane).map_or(Duration::ZERO, |(from, to)| to.saturating_sub(from))
    }

    /// Those that ran, in the order in which they began to.
    fn ran(&self) -> Vec<&'a Lane> {
        let mut ran: Vec<&Lane> =
            self.lanes().iter().filter(|lane| lane.started.is_some()).collect();
        ran.sort_by_key(|lane| lane.started);
        ran
    }

    fn called(&self, lane: &Lane) -> String {
        self.recording.called(lane.number)
    }

    fn unknown(&self) -> Option<String> {
        let held = self.recording.across_await.as_ref()?;
        Some(format!(
            "Why, this recording cannot tell: the span of {} was kept entered across an .await.",
            self.recording.called(held.lane)
        ))
    }

    fn few(&self) -> Option<String> {
        match self.lanes() {
            [] => Some("There was no requester at all.".to_owned()),
            [one] if one.started.is_some() => Some(format!(
                "{} was under way for {} of that, and there was no other requester beside it.",
                one.name,
                rounded(self.life(one))
            )),
            _ => None,
        }
    }

    fn never_ran(&self) -> Option<String> {
        match (self.ran().len(), self.lanes()) {
            (0, [one]) => Some(format!("{} was made, and never ran.", one.name)),
            (0, [_, _]) => Some("Both requesters were made, and never ran.".to_owned()),
            (0, all) => {
                Some(format!("All {} requesters were made, and none of them ran.", all.len()))
            }
            _ => None,
        }
    }

    /// Whether each of them had ended before the next one ran.
    fn follow(&self, lanes: &[&Lane]) -> bool {
        let follows = |pair: &[&Lane]| pair[1].started >= Some(pair[0].end(self.recording));
        lanes.windows(2).all(follows)
    }

    /// Each was asked for only when the one before had ended.
    fn one_by_one(&self) -> Option<String> {
        let ran = self.ran();
        let asked_for = |pair: &[&Lane]| pair[1].created >= pair[0].end(self.recording);
        let all = ran.len() == self.lanes().len();
        (all && self.follow(&ran) && ran.windows(2).all(asked_for)).then(|| {
            let (first, second) = (self.called(ran[0]), self.called(ran[1]));
            format!("{second} was asked for only when {first} had ended: {}.", self.added_up())
        })
    }

    /// The same where they had been made before that.
    fn in_turn(&self) -> Option<String> {
        let ran = self.ran();
        let [first, second, ..] = ran.as_slice() else { return None };
        let all = ran.len() == self.lanes().len();
        (all && self.follow(&ran)).then(|| {
            let (first, second) = (self.called(first), self.called(second));
            format!("{second} ran only when {first} had ended: {}.", self.added_up())
        })
    }

    fn added_up(&self) -> String {
        let thread = if self.figures.threads == 1 { ", on one thread" } else { "" };
        let sum = rounded(self.figures.one_by_one);
        format!("one at a time{thread}, so their times add up, to {sum}")
    }

    /// One of them was done, and the others were dropped then.
    fn first_of_all(&self) -> Option<String> {
        let of = |outcome| self.lanes().iter().filter(move |lane| lane.outcome == outcome);
        let (mut done, dropped) = (of(Outcome::Done), of(Outcome::Dropped).count());
        let first = done.next().filter(|_| done.next().is_none())?;
        let end = first.end(self.recording);
        let before = |lane: &Lane| lane.end(self.recording) < end;
        if dropped + 1 < self.lanes().len()
            || self.lanes().iter().any(before)
            || self.figures.most_in_flight < self.lanes().len()
        {
            return None;
        }
        let others = match dropped {
            1 => "the other was dropped before it was".to_owned(),
            many => format!("the {many} others were dropped before they were"),
        };
        let (name, life) = (self.called(first), rounded(self.life(first)));
        Some(format!("{name} was the first, done after {life}; {others}."))
    }

    /// The one who waited longest for a thread, if all threads were held meanwhile.
    fn queue(&self) -> Option<String> {
        let queued = self.queued().filter(|queued| queued.wait >= self.part(A_REASON))?;
        let (least, meanwhile) =
            (queued.wait.mul_f64(NEARLY_ALL), (queued.lane.created, queued.until));
        let first = queued.lane.stretches.iter().min_by_key(|stretch| stretch.from)?;
        let others = || self.lanes().iter().filter(|lane| lane.number != queued.lane.number);
        if self.recording.event_loop().is_some() {
            let held = self.recording.loop_held_within(others(), meanwhile);
            // A call that no event loop runs did not wait for it.
            return (first.on_loop && held >= least).then(|| self.kept_from_loop(&queued));
        }
        let threads = self.recording.threads_held();
        let workers = self.recording.event_loops().filter_map(|thread| thread.worker);
        // A worker that nobody was seen to hold was free.
        let some_were_free = workers.map(|worker| worker.of).max() > Some(threads.len());
        let held = |thread: &usize| {
            self.recording.thread_held_within(*thread, others(), meanwhile) >= least
        };
        let all_held = !some_were_free && threads.iter().all(held);
        all_held.then(|| self.no_thread_free(&queued, threads.len()))
    }

    fn queued(&self) -> Option<Queued<'a>> {
        let started = self.lanes().iter().filter_map(|lane| {
            let until = lane.started?;
            Some(Queued { lane, until, wait: until.saturating_sub(lane.created) })
        });
        started.max_by_key(|queued| queued.wait)
    }

    /// Since when it was there, and when it ran.
    fn made_and_ran(&self, queued: &Queued<'_>, ran: &str) -> String {
        let (name, wait) = (self.called(queued.lane), rounded(queued.wait));
        let from = queued.lane.created;
        let made = match self.recording.begins {
            Begins::Made | Begins::Read => "made",
            Begins::Asked => "asked for",
        };
        if from <= self.part(WORTH_TELLING) {
            format!("{name}, {made} at the start, {ran} after {wait}")
        } else {
            format!("{name}, {made} after {}, {ran} {wait} later", rounded(from))
        }
    }

    fn kept_from_loop(&self, queued: &Queued<'_>) -> String {
        let (from, to) = (queued.lane.created, queued.until);
        let least = queued.wait.mul_f64(WORTH_TELLING);
        let held = |lane: &Lane| held(lane, |stretch| stretch.on_loop, (from, to));
        let others = self.lanes().iter().filter(|lane| lane.number != queued.lane.number);
        let holders: Vec<String> =
            others.filter(|lane| held(lane) >= least).map(|lane| self.called(lane)).collect();
        let who = match holders.as_slice() {
            [one] => one.clone(),
            [first @ .., last] if first.len() <= 2 => format!("{} and {last}", first.join(", ")),
            _ => "the others".to_owned(),
        };
        let ran = self.made_and_ran(queued, "was first polled");
        format!("{ran}: meanwhile {who} held the event loop.")
    }

    fn no_thread_free(&self, queued: &Queued<'_>, threads: usize) -> String {
        let threads = match threads {
            1 => "the one thread".to_owned(),
            2 => "both threads".to_owned(),
            many => format!("all {many} threads"),
        };
        let ran = self.made_and_ran(queued, "ran");
        let queue = format!("{ran}: meanwhile the others held {threads}");
        let last = self.lanes().iter().max_by_key(|lane| lane.end(self.recording));
        match last {
            Some(last) if std::ptr::eq(last, queued.lane) => {
                format!("{queue}. It ended last of all.")
            }
            Some(last) if self.life(last) >= self.part(NEARLY_ALL) => {
                let (last, life) = (self.called(last), rounded(self.life(last)));
                format!("{queue}. But {last} alone was under way for {life}.")
            }
            _ => format!("{queue}."),
        }
    }

    /// The event loop had work to do for most of the time.
    fn busy_loop(&self) -> Option<String> {
        self.recording.event_loop()?;
        let all = (Duration::ZERO, self.recording.elapsed);
        let on_loop = |lane: &Lane| held(lane, |stretch| stretch.on_loop, all);
        let held = self.recording.loop_held_within(self.lanes().iter(), all);
        let most = self.lanes().iter().max_by_key(|lane| on_loop(lane))?;
        let by = if on_loop(most) >= held.mul_f64(NEARLY_ALL) {
            format!("most of it by {}", self.called(most))
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
        let (name, life) = (self.called(longest), self.life(longest));
        if self.figures.most_in_flight < self.lanes().len() || life < self.part(NEARLY_ALL) {
            return None;
        }
        let number = self.lanes().len();
        let all = if number == 2 { "Both".to_owned() } else { format!("All {number}") };
        let holding = self.each_on_its_own_thread();
        let how = if holding {
            "ran at the same time, each on a thread of its own"
        } else if self.all_waited_at_once() {
            "waited at the same time"
        } else {
            "were under way at the same time"
        };
        let time = rounded(life);
        Some(match verdict {
            // Where the longest was no longer than was guessed, it is not the reason.
            Verdict::TooShort(guess) if guess >= life => {
                format!("{all} {how}, the longest of them for {time}: {name}.")
            }
            Verdict::TooShort(_) if holding => {
                format!("{all} {how}, but {name} kept its thread for {time}, waiting or working.")
            }
            Verdict::TooShort(_) => format!("{all} {how}, but {name} alone took {time}."),
            _ => format!("{all} {how}, so only the longest counts: {name}, {time}."),
        })
    }

    /// Whether all of them waited for most of their lives, and at some moment all of them
    /// did: together they held threads for a shorter time than all were under way.
    fn all_waited_at_once(&self) -> bool {
        let lives = || self.lanes().iter().filter_map(|lane| self.under_way(lane));
        let from = lives().map(|(from, _)| from).max().unwrap_or_default();
        let to = lives().map(|(_, to)| to).min().unwrap_or_default();
        let held = |lane: &Lane| held(lane, |_| true, (from, to));
        let mostly = |lane: &Lane| self.share_held(lane) <= MOSTLY_WAITED;
        let held: Duration = self.lanes().iter().map(held).sum();
        held < to.saturating_sub(from) && self.lanes().iter().all(mostly)
    }

    /// For which part of its life it held a thread.
    fn share_held(&self, lane: &Lane) -> f64 {
        lane.held.as_secs_f64() / self.life(lane).as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn each_on_its_own_thread(&self) -> bool {
        let on_one =
            |lane: &Lane| lane.stretches.windows(2).all(|pair| pair[0].thread == pair[1].thread);
        let held = |lane: &Lane| self.share_held(lane) >= NEARLY_ALL && on_one(lane);
        self.figures.threads == self.lanes().len() && self.lanes().iter().all(held)
    }

    /// Somewhere in between, everybody had ended before the next was asked for.
    fn in_halves(&self) -> Option<String> {
        let ran = self.ran();
        let (first, rest) = ran.split_first()?;
        let mut last = first;
        for lane in rest {
            if lane.created >= last.end(self.recording) {
                let (lane, last) = (self.called(lane), self.called(last));
                let at_once = self.at_once();
                return Some(format!(
                    "{lane} was asked for only when {last} had ended: {at_once} were under way at the same time."
                ));
            }
            if lane.end(self.recording) > last.end(self.recording) {
                last = lane;
            }
        }
        None
    }

    fn in_part(&self) -> String {
        let (sum, at_once) = (rounded(self.figures.one_by_one), self.at_once());
        format!("Together they were under way for {sum}, {at_once} at the same time.")
    }

    fn at_once(&self) -> String {
        format!("at most {} of the {}", self.figures.most_in_flight, self.figures.requesters)
    }

    /// The time at which nobody was under way, if it was long.
    fn outside(&self) -> Option<String> {
        let mut until = Duration::ZERO;
        let mut nobody = Duration::ZERO;
        let ran = self.ran();
        for (from, to) in ran.into_iter().filter_map(|lane| self.under_way(lane)) {
            nobody += from.saturating_sub(until);
            until = until.max(to);
        }
        nobody += self.recording.elapsed.saturating_sub(until);
        let told = nobody >= self.part(WORTH_TELLING) && nobody < self.recording.elapsed;
        told.then(|| format!("For {} of it, no requester was under way.", rounded(nobody)))
    }
}

/// For how long a requester held a thread between two moments, in such stretches.
fn held(
    lane: &Lane,
    such: impl Fn(&Stretch) -> bool,
    (from, to): (Duration, Duration),
) -> Duration {
    let these = lane.stretches.iter().filter(|stretch| such(stretch));
    these.map(|stretch| stretch.held_within(from, to)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, recording};

    /// By a guess of no time at all.
    const TOO_SHORT: Verdict = Verdict::TooShort(Duration::ZERO);

    #[track_caller]
    fn assert_told(recording: &Recording, verdict: Verdict, wanted: &str) {
        assert_eq!(why(recording, verdict), wanted);
    }

    /// The same whatever was guessed.
    #[track_caller]
    fn assert_always_told(recording: &Recording, wanted: &str) {
        for verdict in [Verdict::Right, TOO_SHORT, Verdict::TooLong] {
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
        assert_told(&run, TOO_SHORT, wanted);
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
            "R3, made at the start, was first polled after 12.0 s: meanwhile R1 and R2 held the event loop.",
        );
        run.lanes.remove(1);
        run.lanes[1].created = Duration::from_secs(3);
        run = recording(Some(1), run.lanes);
        assert_always_told(
            &run,
            "R3, made after 3.0 s, was first polled 9.0 s later: meanwhile R1 held the event loop. For 2.0 s of it, no requester was under way.",
        );
        let one = |number: u64| {
            let (from, to) = (number * 100, number * 100 + 100);
            lane(&format!("R{number}"), [0, to], &[(1, from, to)])
        };
        assert_always_told(
            &recording(Some(1), (0..100).map(one).collect()),
            "R99, made at the start, was first polled after 9.9 s: meanwhile the others held the event loop.",
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
            "R3, made at the start, ran after 2.0 s: meanwhile the others held both threads. But R1 alone was under way for 10.0 s.",
        );
        run.lanes[2] = lane("R3", [0, 12_000], &[(3, 2_000, 12_000)]);
        run = recording(None, run.lanes);
        assert_always_told(
            &run,
            "R3, made at the start, ran after 2.0 s: meanwhile the others held both threads. It ended last of all.",
        );
        let one = |number: u64| {
            let (from, to) = (number * 100, number * 100 + 100);
            lane(&format!("R{number}"), [0, to], &[(2, from, to)])
        };
        assert_always_told(
            &recording(None, (0..100).map(one).collect()),
            "R99, made at the start, ran after 9.9 s: meanwhile the others held the one thread. It ended last of all.",
        );
    }

    #[test]
    fn who_took_half_of_the_time_is_not_the_reason_for_all_of_it() {
        let lanes = vec![
            lane("R1", [0, 4_000], &[(2, 0, 4_000)]),
            lane("R2", [0, 2_000], &[(3, 0, 2_000)]),
            lane("R3", [0, 3_000], &[(3, 2_000, 3_000)]),
        ];
        let mut run = recording(None, lanes);
        run.elapsed = Duration::from_secs(8);
        let told = why(&run, Verdict::Right);
        assert!(told.contains("the others held both threads.") && !told.contains("But"), "{told}");
    }

    #[test]
    fn of_many_who_held_the_event_loop_none_is_named() {
        let mut lanes: Vec<Lane> = (0..4)
            .map(|number| (number * 100, number * 100 + 100))
            .map(|(from, to)| lane("R", [0, 1_000], &[(1, from, to)]))
            .collect();
        lanes.push(lane("R5", [0, 1_000], &[(1, 400, 401)]));
        assert_always_told(
            &recording(Some(1), lanes),
            "R5, made at the start, was first polled after 400 ms: meanwhile the others held the event loop.",
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
        assert_told(&run, TOO_SHORT, wanted);
    }

    #[test]
    fn who_waited_when_others_did_not_waited_alone() {
        let lanes = vec![
            lane("R1", [0, 1_000], &[(2, 0, 480)]),
            lane("R2", [0, 1_000], &[(3, 0, 1), (3, 479, 1_000)]),
        ];
        let wanted = "Both were under way at the same time, so only the longest counts: R2, 1.0 s.";
        assert_told(&recording(None, lanes), Verdict::TooLong, wanted);
    }

    #[test]
    fn a_thread_whose_event_loop_has_ended_is_an_ordinary_one() {
        let lanes = || {
            vec![
                lane("R1", [0, 10], &[(1, 0, 1), (1, 9, 10)]),
                lane("R2", [10, 510], &[(1, 10, 510)]),
                lane("R3", [20, 900], &[(1, 510, 900)]),
            ]
        };
        let mut run = recording(Some(1), lanes());
        for lane in &mut run.lanes[1..] {
            lane.stretches[0].on_loop = false;
        }
        let told = why(&run, Verdict::Right);
        assert!(!told.contains("event loop"), "{told}");
    }

    #[test]
    fn who_computed_on_a_thread_of_its_own_did_not_wait() {
        let lanes = vec![
            lane("R1", [0, 9_000], &[(1, 0, 1), (1, 8_999, 9_000)]),
            lane("R2", [0, 3_000], &[(1, 1, 2), (2, 2, 2_900)]),
        ];
        let wanted = "Both were under way at the same time, so only the longest counts: R1, 9.0 s.";
        assert_told(&recording(Some(1), lanes), Verdict::TooLong, wanted);
    }

    #[test]
    fn a_thread_of_ones_own_is_one_that_one_stays_on() {
        let own = "Both ran at the same time, each on a thread of its own, so only the longest counts: R1, 9.0 s.";
        let other = "Both were under way at the same time, so only the longest counts: R1, 9.0 s.";
        for (second, wanted) in [([2, 3], own), ([3, 2], other)] {
            let twice = |name, first, second, to| {
                lane(name, [0, to], &[(first, 0, 1_000), (second, 1_000, to)])
            };
            let lanes = vec![twice("R1", 2, second[0], 9_000), twice("R2", 3, second[1], 8_000)];
            assert_told(&recording(None, lanes), Verdict::TooLong, wanted);
        }
    }

    #[test]
    fn who_held_a_thread_for_most_of_a_short_life_did_not_wait() {
        let lanes = vec![
            lane("R1", [0, 400], &[(1, 0, 1), (2, 1, 301)]),
            lane("R2", [0, 400], &[(1, 1, 2), (1, 399, 400)]),
        ];
        let wanted =
            "Both were under way at the same time, so only the longest counts: R1, 400 ms.";
        assert_told(&recording(Some(1), lanes), Verdict::TooLong, wanted);
    }

    #[test]
    fn a_driver_with_threads_of_its_own_is_under_way() {
        let lanes = vec![
            lane("R1", [0, 9_000], &[(1, 0, 1), (2, 0, 8_900)]),
            lane("R2", [0, 3_000], &[(1, 1, 2), (3, 1, 2_900)]),
        ];
        let wanted = "Both were under way at the same time, but R1 alone took 9.0 s.";
        assert_told(&recording(Some(1), lanes), TOO_SHORT, wanted);
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
            "Together they were under way for 11.0 s, at most 2 of the 3 at the same time.",
        );
        // One of them was there nearly all the time, but never with both of the others.
        let lanes = vec![wait("R1", 0, 9_000), wait("R2", 0, 4_000), wait("R3", 5_000, 8_000)];
        assert_always_told(
            &recording(Some(1), lanes),
            "Together they were under way for 16.0 s, at most 2 of the 3 at the same time.",
        );
        // All of them together, but none for nearly all the time.
        let lanes = vec![wait("R1", 0, 7_000), wait("R2", 3_000, 10_000)];
        assert_always_told(
            &recording(Some(1), lanes),
            "Together they were under way for 14.0 s, at most 2 of the 2 at the same time.",
        );
        let lanes = vec![wait("R1", 0, 7_500), wait("R2", 3_000, 10_000)];
        let told = why(&recording(Some(1), lanes), Verdict::Right);
        assert_eq!(told, "Both waited at the same time, so only the longest counts: R1, 7.5 s.");
    }

    #[test]
    fn one_or_none_has_nobody_to_wait_with() {
        assert_always_told(&recording(None, Vec::new()), "There was no requester at all.");
        assert_always_told(
            &recording(None, vec![lane("R1", [100, 2_100], &[(1, 100, 2_100)])]),
            "R1 was under way for 2.0 s of that, and there was no other requester beside it.",
        );
    }

    #[test]
    fn who_was_made_early_and_awaited_late_ran_in_turn() {
        let lanes = vec![
            lane("R1", [0, 2_000], &[(1, 0, 1), (1, 1_999, 2_000)]),
            lane("R2", [0, 3_000], &[(1, 2_000, 2_001), (1, 2_999, 3_000)]),
        ];
        assert_always_told(
            &recording(Some(1), lanes),
            "R2 ran only when R1 had ended: one at a time, on one thread, so their times add up, to 3.0 s.",
        );
    }

    #[test]
    fn who_never_ran_was_not_asked_for() {
        let never = |name| lane(name, [0, 10], &[]);
        let run = |lanes: Vec<Lane>| recording(Some(1), lanes);
        assert_always_told(&run(vec![never("R1")]), "R1 was made, and never ran.");
        assert_always_told(
            &run(vec![never("R1"), never("R2")]),
            "Both requesters were made, and never ran.",
        );
        assert_always_told(
            &run(vec![never("R1"), never("R2"), never("R3")]),
            "All 3 requesters were made, and none of them ran.",
        );
        // One after the other, but for one that never ran.
        let wait = |name, from| lane(name, [from, from + 100], &[(1, from, from + 1)]);
        assert_always_told(
            &run(vec![wait("R1", 0), wait("R2", 100), never("R3")]),
            "R2 was asked for only when R1 had ended: at most 1 of the 3 were under way at the same time.",
        );
    }

    #[test]
    fn where_the_first_one_done_ends_it_the_shortest_counts() {
        let lanes = || {
            let mut lanes: Vec<Lane> =
                ["fast", "slow", "slower"].map(|name| lane(name, [0, 202], &[(1, 0, 1)])).into();
            lanes[1].outcome = Outcome::Dropped;
            lanes[2].outcome = Outcome::Dropped;
            lanes
        };
        assert_always_told(
            &recording(Some(1), lanes()),
            "fast was the first, done after 202 ms; the 2 others were dropped before they were.",
        );
        assert_always_told(
            &recording(Some(1), lanes()[..2].to_vec()),
            "fast was the first, done after 202 ms; the other was dropped before it was.",
        );
        // Dropped earlier, they were no reason to stop.
        let mut early = lanes();
        early[1].ended = Some(Duration::from_millis(100));
        let mut failed = lanes();
        failed[2].outcome = Outcome::Failed;
        // The last of them was not yet there when the first was done.
        let mut late = lanes();
        late[1].ended = Some(Duration::from_millis(300));
        late[2] = lane("slower", [250, 300], &[(1, 250, 251)]);
        late[2].outcome = Outcome::Dropped;
        for lanes in [early, failed, late] {
            let told = why(&recording(Some(1), lanes), Verdict::Right);
            assert!(!told.contains("the first"), "{told}");
        }
    }

    #[test]
    fn a_worker_that_nobody_was_seen_to_hold_was_free() {
        let lanes =
            vec![lane("R1", [0, 300], &[(1, 0, 300)]), lane("R2", [0, 301], &[(1, 300, 301)])];
        let mut run = recording(None, lanes);
        run.threads[0].worker = Some(crate::recording::Worker { index: 0, of: 4, stays: false });
        let told = why(&run, Verdict::Right);
        assert_eq!(
            told,
            "R2 ran only when R1 had ended: one at a time, on one thread, so their times add up, to 301 ms."
        );
    }

    #[test]
    fn a_thread_of_ones_own_was_not_waited_for() {
        let held = |number: usize| lane(&format!("R{number}"), [0, 400], &[(number, 0, 400)]);
        let mut lanes: Vec<Lane> = (1..=4).map(held).collect();
        lanes.push(lane("R5", [0, 500], &[(5, 300, 500)]));
        let told = why(&recording(None, lanes), Verdict::Right);
        assert!(!told.contains("threads"), "{told}");
    }

    #[test]
    fn time_outside_of_all_requesters_is_told() {
        let wait = |name, to| lane(name, [2_400, to], &[(1, 2_400, 2_401), (1, to - 1, to)]);
        let run = recording(Some(1), vec![wait("R1", 10_000), wait("R2", 5_000)]);
        let outside = "For 2.4 s of it, no requester was under way.";
        let told = |guess_ms| why(&run, Verdict::TooShort(Duration::from_millis(guess_ms)));
        assert_eq!(
            told(7_600),
            format!("Both waited at the same time, the longest of them for 7.6 s: R1. {outside}")
        );
        assert_eq!(
            told(5_000),
            format!("Both waited at the same time, but R1 alone took 7.6 s. {outside}")
        );
    }

    #[test]
    fn what_is_nested_is_held_once() {
        let mut lanes = vec![
            lane("order", [0, 1_000], &[(1, 0, 300)]),
            lane("query", [0, 300], &[(1, 0, 300)]),
        ];
        lanes[1].parent = Some(0);
        let told = why(&recording(Some(1), lanes), Verdict::Right);
        assert!(!told.contains("was held for"), "{told}");
    }

    #[test]
    fn a_recording_that_cannot_tell_gives_no_reason() {
        let mut run = recording(Some(1), vec![lane("R1", [0, 400], &[(1, 0, 400)])]);
        run.across_await = run.blocked.pop();
        assert_always_told(
            &run,
            "Why, this recording cannot tell: the span of R1 was kept entered across an .await.",
        );
    }

    #[test]
    fn a_call_that_waited_for_a_thread_of_its_own_kind_was_not_to_be_polled() {
        let lanes = vec![
            lane("R1", [0, 400], &[(1, 0, 1), (1, 20, 400)]),
            lane("R2", [0, 400], &[(2, 0, 400)]),
            lane("R3", [0, 450], &[(2, 400, 450)]),
        ];
        let mut run = recording(Some(1), lanes);
        let told = why(&run, Verdict::Right);
        assert!(!told.contains("polled"), "{told}");
        // Nor where the event loop was free for most of the run.
        run.lanes[0].ended = Some(Duration::from_secs(1));
        run.elapsed = Duration::from_secs(1);
        let told = why(&recording(Some(1), run.lanes), Verdict::Right);
        assert!(!told.contains("polled"), "{told}");
    }
}
