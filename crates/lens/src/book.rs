//! What a recording keeps beyond the lanes that are alive: its figures, a fair
//! choice of lanes, and the worst of them. However many requesters come and go,
//! it does not grow.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::num::NonZeroU128;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::{Moment, time};
use crate::joined::Forgotten;
use crate::lane::{Closed, LONG, Lane, Whole};
use crate::place;
use crate::recording::{Begins, Figures, Held, Inner, Outcome, Place, Recording, Wait};
use crate::threads::Silence;

/// Lanes that are kept for pictures. Every lane up to so many, then every
/// second, fourth, eighth …
const MOST_KEPT: usize = 16_384;

/// So many futures inside each other may be dropped before their first poll and
/// not be taken for some that were under way.
const MOST_NESTED: usize = 16;

/// Blocked stretches that are kept one by one: the longest.
const MOST_BLOCKED: usize = 64;

/// And those that ended last, for a client that asks what happened while it was there.
const MOST_RECENT: usize = 1_024;

/// Stretches that are kept apart in a lane: as many as a screen or a page can
/// show, and fewer where many lanes are kept.
const MOST_STRETCHES: usize = 2048;
const LEAST_STRETCHES: usize = 64;
const STRETCHES_OF_ALL: usize = 1 << 18;

/// Lanes that a client may ask for by its trace: the newest. Those that no fair choice
/// shows have few stretches.
const MOST_TRACED: usize = 1_024;

#[derive(Default)]
pub(crate) struct Book {
    /// How many lanes have been made.
    made: u64,
    kept: Vec<Arc<Lane>>,
    traced: VecDeque<Arc<Lane>>,
    forgotten: Forgotten,
    in_flight: usize,
    most_in_flight: usize,
    /// Who raised that number last, the newest at the end.
    raised: VecDeque<u64>,
    ends: Ends,
    /// The beginnings of those that have begun and not been closed, added up.
    begun: (usize, u128),
    /// The lives of those that have been closed, added up.
    lives: u128,
    longest: Moment,
    blocks: usize,
    blocked_for: u128,
    preempted: usize,
    preempted_for: u128,
    blocked: Vec<HeldLoop>,
    recent: VecDeque<HeldLoop>,
    longest_on_loop: Option<HeldLoop>,
    longest_wait: Option<(Arc<Lane>, Moment, Moment)>,
    across_await: Option<HeldLoop>,
    newest_across_await: Option<HeldLoop>,
}

/// How lanes have ended, or said that they will.
#[derive(Default)]
struct Ends {
    done: usize,
    failed: usize,
    dropped: usize,
    ended: usize,
}

/// A stretch on the thread of an event loop.
#[derive(Clone)]
pub(crate) struct HeldLoop {
    pub(crate) lane: Arc<Lane>,
    pub(crate) inner: Option<(Arc<Lane>, Moment)>,
    pub(crate) stretch: Whole,
    pub(crate) silence: Silence,
    /// How long the thread waited for a core meanwhile, at most.
    pub(crate) core_wait: Moment,
    /// Whether the event loop slept meanwhile: then nobody held it.
    pub(crate) slept: bool,
}

/// Which lanes are kept for pictures, to be asked without the book's lock.
pub(crate) struct Choice {
    /// One of so many is kept.
    stride: AtomicU64,
    /// How many stretches are kept apart in each.
    stretches: AtomicUsize,
}

impl Default for Choice {
    fn default() -> Self {
        Self { stride: AtomicU64::new(1), stretches: AtomicUsize::new(MOST_STRETCHES) }
    }
}

impl Choice {
    fn keeps(&self, lane: &Lane) -> bool {
        lane.number.is_multiple_of(self.stride.load(Ordering::Relaxed))
    }

    /// How many stretches are kept apart in this lane; none if it is not kept itself.
    pub(crate) fn stretches(&self, lane: &Lane) -> Option<usize> {
        let stretches = self.keeps(lane).then(|| self.stretches.load(Ordering::Relaxed));
        stretches.or(lane.trace.as_ref().map(|_| LEAST_STRETCHES))
    }

    /// So many lanes are kept now.
    fn are_kept(&self, lanes: usize) {
        let most = (STRETCHES_OF_ALL / lanes.max(1)).clamp(LEAST_STRETCHES, MOST_STRETCHES);
        self.stretches.store(most, Ordering::Relaxed);
    }
}

impl Book {
    /// Makes a lane with the next number.
    pub(crate) fn make(&mut self, choice: &Choice, lane: impl FnOnce(u64) -> Lane) -> Arc<Lane> {
        let lane = Arc::new(lane(self.made));
        self.made += 1;
        if lane.trace.is_some() {
            if self.traced.len() == MOST_TRACED
                && let Some(oldest) = self.traced.pop_front()
            {
                let lanes = &mut self.forgotten.lanes;
                *lanes = (*lanes).max(Some(time(oldest.created)));
            }
            self.traced.push_back(Arc::clone(&lane));
        }
        if choice.keeps(&lane) {
            self.kept.push(Arc::clone(&lane));
            if self.kept.len() > MOST_KEPT {
                choice.stride.fetch_add(choice.stride.load(Ordering::Relaxed), Ordering::Relaxed);
                self.kept.retain(|lane| choice.keeps(lane));
            }
            choice.are_kept(self.kept.len());
        }
        lane
    }

    /// A lane holds a thread for the first time.
    pub(crate) fn begins(&mut self, lane: &Lane, now: Moment) {
        self.in_flight += 1;
        if self.in_flight > self.most_in_flight {
            if self.raised.len() == MOST_NESTED {
                self.raised.pop_front();
            }
            self.raised.push_back(lane.number);
            self.most_in_flight = self.in_flight;
        }
        self.begun = (self.begun.0 + 1, self.begun.1 + u128::from(now));
    }

    /// A lane is under way no longer.
    pub(crate) fn finishes(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A lane says how it will end, and has said so before.
    pub(crate) fn will_end(&mut self, outcome: Outcome, before: Option<Outcome>) {
        if let Some(count) = before.and_then(|before| self.ends.count(before)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.ends.count(outcome) {
            *count += 1;
        }
    }

    /// A lane has been closed.
    pub(crate) fn closes(&mut self, lane: &Lane, closed: &Closed) {
        if closed.finished {
            self.finishes();
        }
        if !closed.said {
            self.will_end(closed.outcome, None);
        }
        self.longest = self.longest.max(closed.longest);
        if let Some(started) = closed.started {
            let (number, sum) = self.begun;
            self.begun = (number.saturating_sub(1), sum.saturating_sub(u128::from(started)));
            self.lives += u128::from(closed.life.unwrap_or_default());
            if closed.life.is_none() {
                self.never_began(lane);
            }
        }
    }

    /// A lane was dropped and had never been polled: it did not begin when it
    /// entered its span to be dropped. Of several inside each other, the
    /// innermost comes first.
    fn never_began(&mut self, lane: &Lane) {
        if let Some(place) = self.raised.iter().position(|number| *number == lane.number) {
            self.raised.remove(place);
            self.most_in_flight -= 1;
        }
    }

    /// A span was kept entered while the event loop slept.
    pub(crate) fn across_await(&mut self, held: HeldLoop) {
        if self.across_await.as_ref().is_none_or(|longest| longest.time() < held.time()) {
            self.across_await = Some(held.clone());
        }
        self.newest_across_await = Some(held);
    }

    /// The thread of an event loop was held.
    pub(crate) fn held_loop(&mut self, held: HeldLoop) {
        if held.blocks() {
            self.blocks += 1;
            self.blocked_for += u128::from(held.time());
            self.blocked.push(held.clone());
            self.remember(held.clone());
        } else if held.is_long() {
            self.preempted += 1;
            self.preempted_for += u128::from(held.core_wait);
        }
        let longest = self.longest_on_loop.as_ref().map_or(0, HeldLoop::time);
        if self.longest_on_loop.is_none() || held.time() > longest {
            self.longest_on_loop = Some(held);
        }
        if self.blocked.len() >= 2 * MOST_BLOCKED {
            self.forget_short();
        }
    }

    fn remember(&mut self, held: HeldLoop) {
        if self.recent.len() == MOST_RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            let blocks = &mut self.forgotten.blocks;
            *blocks = (*blocks).max(Some(time(oldest.stretch.to)));
        }
        self.recent.push_back(held);
    }

    fn forget_short(&mut self) {
        self.blocked.sort_by_key(|held| Reverse(held.time()));
        self.blocked.truncate(MOST_BLOCKED);
    }

    /// A requester was woken, and waited for its poll.
    pub(crate) fn waited(&mut self, lane: &Arc<Lane>, (from, to): (Moment, Moment)) {
        let longest = self.longest_wait.as_ref().map_or(0, |(_, from, to)| to - from);
        if to - from > longest {
            self.longest_wait = Some((Arc::clone(lane), from, to));
        }
    }

    /// Counts the waits too that were ended last, of those who go on.
    pub(crate) fn count_newest_waits(&mut self) {
        let wait = |lane: &Arc<Lane>| Some((Arc::clone(lane), lane.newest_wait()?));
        let waits: Vec<_> = self.kept.iter().filter_map(wait).collect();
        waits.iter().for_each(|(lane, wait)| self.waited(lane, *wait));
    }

    /// The lanes that are kept, those that stand in a list, and these.
    pub(crate) fn lanes(&self, these: &[Arc<Lane>]) -> Vec<Arc<Lane>> {
        let named = self.blocked.iter().chain(&self.longest_on_loop).chain(&self.across_await);
        let named = named.flat_map(HeldLoop::lanes);
        let waited = self.longest_wait.iter().map(|(lane, ..)| lane);
        each_once(self.kept.iter().chain(named).chain(waited).chain(these))
    }

    /// The newest lanes of this trace, those that held an event loop for long of late, and
    /// these.
    pub(crate) fn lanes_of(&self, trace: NonZeroU128, these: &[Arc<Lane>]) -> Vec<Arc<Lane>> {
        let of_trace = |lane: &&Arc<Lane>| lane.trace.as_ref().is_some_and(|it| it.trace == trace);
        let held = self.recent.iter().chain(&self.newest_across_await).flat_map(HeldLoop::lanes);
        each_once(self.traced.iter().filter(of_trace).chain(held).chain(these))
    }

    /// Those that are kept for pictures, in the order of their numbers.
    pub(crate) fn kept(&self) -> &[Arc<Lane>] {
        &self.kept
    }

    /// All of it but for lanes and threads.
    pub(crate) fn recorded(&mut self, now: Moment) -> Recording {
        self.forget_short();
        let across_await = self.across_await.as_ref().map(HeldLoop::recorded);
        Recording { across_await, ..self.with_blocked(self.blocked.iter(), now) }
    }

    /// The same with what held event loops of late, and not longest; nothing is said of
    /// spans that were kept entered.
    pub(crate) fn recorded_of_late(&self, now: Moment) -> Recording {
        self.with_blocked(self.recent.iter(), now)
    }

    /// The newest span that was kept entered while the event loop slept.
    pub(crate) fn newest_across_await(&self) -> Option<Held> {
        self.newest_across_await.as_ref().map(HeldLoop::recorded)
    }

    /// What [`Self::lanes_of`] and [`Self::recorded_of_late`] do not tell any more.
    pub(crate) fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    fn with_blocked<'a>(
        &self,
        blocked: impl Iterator<Item = &'a HeldLoop>,
        now: Moment,
    ) -> Recording {
        let mut blocked: Vec<Held> = blocked.map(HeldLoop::recorded).collect();
        blocked.sort_by_key(|held| held.from);
        let wait = self.longest_wait.as_ref().map(|(lane, from, to)| Wait {
            lane: lane.number as usize,
            from: time(*from),
            to: time(*to),
        });
        Recording {
            elapsed: time(now),
            begins: Begins::Made,
            figures: self.figures(now),
            threads: Vec::new(),
            lanes: Vec::new(),
            blocked,
            longest_on_loop: self.longest_on_loop.as_ref().map(HeldLoop::recorded),
            longest_wait: wait,
            across_await: None,
        }
    }

    /// The figures at this moment, but for what threads know.
    pub(crate) fn figures(&self, now: Moment) -> Figures {
        let Ends { done, failed, dropped, ended } = self.ends;
        let requesters = self.made as usize;
        let (number, begun) = self.begun;
        let going = (number as u128 * u128::from(now)).saturating_sub(begun);
        Figures {
            requesters,
            done,
            failed,
            dropped,
            ended,
            unfinished: requesters - (done + failed + dropped + ended),
            most_in_flight: self.most_in_flight,
            longest: time(self.longest),
            one_by_one: sum(self.lives + going),
            blocks: self.blocks,
            blocked: sum(self.blocked_for),
            preempted: self.preempted,
            preempted_for: sum(self.preempted_for),
            ..Figures::default()
        }
    }
}

/// In the order of their numbers.
fn each_once<'a>(lanes: impl Iterator<Item = &'a Arc<Lane>>) -> Vec<Arc<Lane>> {
    let mut lanes: Vec<Arc<Lane>> = lanes.cloned().collect();
    lanes.sort_by_key(|lane| lane.number);
    lanes.dedup_by_key(|lane| lane.number);
    lanes
}

/// Times that were added up.
fn sum(nanoseconds: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    Duration::new((nanoseconds / SECOND) as u64, (nanoseconds % SECOND) as u32)
}

impl Ends {
    fn count(&mut self, outcome: Outcome) -> Option<&mut usize> {
        match outcome {
            Outcome::Done => Some(&mut self.done),
            Outcome::Failed => Some(&mut self.failed),
            Outcome::Dropped => Some(&mut self.dropped),
            Outcome::Ended => Some(&mut self.ended),
            Outcome::Unfinished => None,
        }
    }
}

impl HeldLoop {
    fn lanes(&self) -> impl Iterator<Item = &Arc<Lane>> {
        [&self.lane].into_iter().chain(self.inner.as_ref().map(|(lane, _)| lane))
    }

    pub(crate) fn time(&self) -> Moment {
        self.stretch.to.saturating_sub(self.stretch.from)
    }

    /// Without what the system kept from it.
    pub(crate) fn own_time(&self) -> Moment {
        self.time().saturating_sub(self.core_wait)
    }

    pub(crate) fn is_long(&self) -> bool {
        self.time() >= LONG
    }

    /// Whether it blocked the event loop, and not the system that gave the core
    /// to somebody else.
    pub(crate) fn blocks(&self) -> bool {
        self.own_time() >= LONG
    }

    pub(crate) fn recorded(&self) -> Held {
        let Self { lane, inner, stretch, silence, core_wait, .. } = self;
        let inner = inner
            .as_ref()
            .map(|(lane, held)| Inner { lane: lane.number as usize, held: time(*held) });
        Held {
            lane: lane.number as usize,
            inner,
            thread: stretch.thread as usize,
            from: time(stretch.from),
            to: time(stretch.to),
            core_wait: time(*core_wait),
            place: Place {
                span: place::of(lane.span),
                after: silence.after.and_then(|event| place::of(event)),
                before: silence.before.and_then(|event| place::of(event)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::info_span;
    use tracing_subscriber::Registry;

    use super::*;

    /// So many milliseconds.
    fn ms(ms: u64) -> Moment {
        ms * 1_000_000
    }

    /// A lane of this number held the event loop from then to then.
    fn held(number: u64, from: Moment, to: Moment) -> HeldLoop {
        let span = tracing::subscriber::with_default(Registry::default(), || info_span!("it"));
        let span = span.metadata().expect("it is enabled");
        let lane = Lane::new(number, ("R".into(), None), None, span, None, from);
        HeldLoop {
            lane: Arc::new(lane),
            inner: None,
            stretch: Whole { from, to, thread: 1, on_loop: true, spoke: false, brief: false },
            silence: Silence::default(),
            core_wait: 0,
            slept: false,
        }
    }

    #[test]
    fn the_newest_blocks_are_told_beside_the_longest_and_up_to_when_others_were_forgotten() {
        let mut book = Book::default();
        let longest = MOST_BLOCKED as u64;
        (0..longest).for_each(|it| book.held_loop(held(it, ms(it * 100), ms(it * 100 + 90))));
        book.held_loop(held(longest, ms(10_000), ms(10_020)));
        let lanes = |recording: Recording| -> Vec<usize> {
            recording.blocked.iter().map(|held| held.lane).collect()
        };
        assert!(lanes(book.recorded(0)).iter().all(|lane| *lane < MOST_BLOCKED));
        assert_eq!(lanes(book.recorded_of_late(0)), Vec::from_iter(0..=MOST_BLOCKED));
        assert_eq!(book.forgotten(), Forgotten::default());

        let many = MOST_RECENT as u64;
        (0..many).for_each(|it| book.held_loop(held(100 + it, ms(20_000 + it), ms(20_011 + it))));
        assert_eq!(lanes(book.recorded_of_late(0)), Vec::from_iter(100..100 + MOST_RECENT));
        assert_eq!(book.forgotten().blocks, Some(time(ms(10_020))));
        assert_eq!(book.lanes_of(NonZeroU128::MIN, &[]).len(), MOST_RECENT);
    }
}
