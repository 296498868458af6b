//! One requester while it is being recorded.
//!
//! There may be a million of them at a time, so a lane is small: a string, some
//! numbers, and a list of stretches for those that a picture may show.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use tracing::Metadata;

use crate::TraceParent;
use crate::clock::{Moment, NEVER, time};
use crate::lock;
use crate::recording::{self, BLOCKED_AFTER, Outcome};

/// Stretches kept of a lane that no fair choice shows: long ones alone, which
/// it may be named for.
const MOST_LONG: usize = 4;

/// As long as this counts as long.
pub(crate) const LONG: Moment = BLOCKED_AFTER.as_nanos() as Moment;

pub(crate) struct Lane {
    /// Counted from 0 in the order in which they were made.
    pub(crate) number: u64,
    pub(crate) name: Box<str>,
    pub(crate) asks: Option<Box<str>>,
    /// In a box: most have none.
    pub(crate) trace: Option<Box<TraceParent>>,
    pub(crate) span: &'static Metadata<'static>,
    /// One more than the number of the lane inside which it was made.
    parent: Option<NonZeroU64>,
    pub(crate) created: Moment,
    started: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// The whole stretch that began last, kept apart until it is known to be no drop.
    newest: Option<Whole>,
    stretches: Option<Box<Stretches>>,
    waits: Option<Box<Waits>>,
    mark: Option<Mark>,
    /// When it left the stretch in which it said that it is done, and what overlaps that;
    /// 0 if it has not, or if it went on after that.
    done: Moment,
    held: Moment,
    longest: Moment,
    /// The end of the last stretch.
    left: Moment,
    ended: Moment,
    polls: u32,
    future: bool,
    /// Whether it is counted among those under way.
    under_way: bool,
    /// Whether an event loop ever ran it.
    on_loop: bool,
    /// Whether it held a thread after the recording had been stopped.
    went_on: bool,
}

/// A stretch that has ended.
#[derive(Clone, Copy)]
pub(crate) struct Whole {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) thread: u32,
    pub(crate) on_loop: bool,
    /// Whether an event happened in it.
    pub(crate) spoke: bool,
    /// Whether it was shorter than an instant, without the time for which the system kept
    /// the core from its thread.
    pub(crate) brief: bool,
}

/// How a requester said that it ends, and when.
#[derive(Clone, Copy)]
struct Mark {
    at: Moment,
    outcome: Outcome,
}

/// What is known of when it was woken, since its last poll ended or during it.
#[derive(Clone, Copy, Default)]
struct Waits {
    /// 0 if it was not.
    first: Moment,
    last: Moment,
    /// The wait that the newest stretch ended. It counts when that is known to be no
    /// drop: then there is another stretch, or the lane goes on. Of one that has ended
    /// nobody knows: what is dropped may take its time, and speak.
    ended: Option<(Moment, Moment)>,
}

/// Some stretches, merged where no picture could tell them apart.
#[derive(Default)]
struct Stretches {
    kept: Vec<Merged>,
    /// Stretches closer together than this are kept as one.
    resolution: Moment,
}

struct Merged {
    from: Moment,
    to: Moment,
    held: Moment,
    thread: u32,
    polls: u32,
    on_loop: bool,
}

/// What the end of a stretch changes for the recording as a whole.
pub(crate) struct Left {
    /// Whether the lane is under way no longer.
    pub(crate) finished: bool,
    /// A wait for a poll after a wake, from when to when, that a stretch ended which
    /// is known by now to be no drop.
    pub(crate) waited: Option<(Moment, Moment)>,
    /// The thread of a stretch that is known by now to be no drop.
    pub(crate) held: Option<u32>,
}

/// The same for the end of a lane.
pub(crate) struct Closed {
    /// Whether it was under way until now.
    pub(crate) finished: bool,
    /// Whether it had said how it would end.
    pub(crate) said: bool,
    pub(crate) outcome: Outcome,
    /// For how long it held a thread at a time, at most.
    pub(crate) longest: Moment,
    /// The thread of its last stretch, unless that was its drop.
    pub(crate) held: Option<u32>,
    /// When it held a thread for the first time, if only for its drop.
    pub(crate) started: Option<Moment>,
    /// From its first poll or call to its end; none if it never ran.
    pub(crate) life: Option<Moment>,
}

impl Lane {
    pub(crate) fn new(
        number: u64,
        (name, asks): (Box<str>, Option<Box<str>>),
        trace: Option<TraceParent>,
        span: &'static Metadata<'static>,
        parent: Option<u64>,
        created: Moment,
    ) -> Self {
        let state = State {
            newest: None,
            stretches: None,
            waits: None,
            mark: None,
            done: 0,
            held: 0,
            longest: 0,
            left: 0,
            ended: NEVER,
            polls: 0,
            future: false,
            under_way: false,
            on_loop: false,
            went_on: false,
        };
        Self {
            number,
            name,
            asks,
            trace: trace.map(Box::new),
            span,
            parent: parent.and_then(|parent| NonZeroU64::new(parent + 1)),
            created,
            started: AtomicU64::new(NEVER),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Says that it holds a thread; gives whether it does so for the first time.
    pub(crate) fn enter(&self, from: Moment) -> bool {
        if self.started.load(Ordering::Relaxed) != NEVER {
            return false;
        }
        let begun =
            self.started.compare_exchange(NEVER, from, Ordering::Relaxed, Ordering::Relaxed);
        if begun.is_ok() {
            self.state().under_way = true;
        }
        begun.is_ok()
    }

    /// Takes a stretch that has ended. Of a lane that a picture may show, up to
    /// `most` of them are kept apart.
    pub(crate) fn leave(&self, stretch: Whole, most: Option<usize>) -> Left {
        let mut state = self.state();
        state.on_loop |= stretch.on_loop;
        // Of one that an event loop polls, a driver's thread inside is no poll.
        let may_be_poll = stretch.on_loop || !state.on_loop;
        let waited = may_be_poll.then(|| state.waited(stretch.from)).flatten();
        let previous = match state.newest {
            // A driver's thread may leave later, and have come earlier.
            Some(newest) if newest.from > stretch.from => Some(stretch),
            newest => {
                state.newest = Some(stretch);
                newest
            }
        };
        if let Some(previous) = previous {
            state.keep(previous, most);
        }
        state.left = state.left.max(stretch.to);
        // One that has failed may try again.
        let done = state.mark.is_some_and(|mark| {
            mark.outcome == Outcome::Done && stretch.from <= mark.at && mark.at <= stretch.to
        });
        if done {
            state.done = state.left;
        }
        let held = previous.map(|stretch| stretch.thread);
        Left { finished: done && state.finish(), waited, held }
    }

    /// Says how it ends; gives how it was to end until now.
    pub(crate) fn mark(&self, outcome: Outcome, at: Moment) -> Option<Outcome> {
        let mut state = self.state();
        state.done = 0;
        state.mark.replace(Mark { at, outcome }).map(|mark| mark.outcome)
    }

    /// Notes that its waker was called.
    pub(crate) fn wake(&self, now: Moment) {
        let mut state = self.state();
        let waits = state.waits.get_or_insert_default();
        waits.last = now.max(1);
        if waits.first == 0 {
            waits.first = waits.last;
        }
    }

    /// Ends it: its span is closed.
    ///
    /// If it said that it is done while it held a thread, and went on no more, it ended when
    /// it left that: whoever has the span may keep it, or lose the core before it goes.
    ///
    /// The registry closes a span when the last span inside of it has closed.
    /// If that is the reason, the requester itself ended when it last held a
    /// thread: dropping a future does that too.
    ///
    /// Dropping an instrumented future enters its span once more, so that what
    /// it owns is dropped inside. That last stretch is no poll, and goes. It is
    /// known by being short, without an event, and by not holding the moment at
    /// which the requester said how it ended. One that is all there was may as well
    /// be a call, where nobody says how it ends: then it is taken for one.
    pub(crate) fn close(
        &self,
        now: Moment,
        by_child: bool,
        most: Option<usize>,
        ours: bool,
    ) -> Closed {
        let started = self.started();
        let mut state = self.state();
        state.ended = if by_child && state.left > 0 { state.left } else { now };
        let mut held = None;
        if let Some(last) = state.newest.take() {
            let said = state.mark.is_some_and(|mark| last.from <= mark.at && mark.at <= last.to);
            let may_be_a_call = state.polls == 0 && !ours;
            if last.brief && !last.spoke && !said && !may_be_a_call && !thread::panicking() {
                state.future = true;
                if state.polls == 0 {
                    // That was all: it never ran.
                    self.started.store(NEVER, Ordering::Relaxed);
                }
            } else {
                state.keep(last, most);
                held = Some(last.thread);
            }
        }
        if state.done > 0 {
            state.ended = state.done;
        }
        let life = started.filter(|_| state.polls > 0);
        Closed {
            finished: state.finish(),
            said: state.mark.is_some(),
            outcome: state.outcome(ours),
            longest: state.longest,
            held,
            started,
            life: life.map(|started| state.ended.saturating_sub(started)),
        }
    }

    /// It is entered to be dropped, while its thread unwinds: it is a future.
    pub(crate) fn is_dropped(&self) {
        self.state().future = true;
    }

    /// It holds a thread after the recording has been stopped, if only to be dropped.
    ///
    /// Of one that an event loop ran it says nothing that another thread is inside:
    /// a driver's may linger when the requester itself has gone.
    pub(crate) fn goes_on(&self, thread: u32, on_loop: bool) {
        let mut state = self.state();
        let as_before = !state.on_loop && state.newest.is_none_or(|it| it.thread == thread);
        state.went_on |= on_loop || as_before;
    }

    /// The wait that its newest stretch ended, if it has not ended itself.
    pub(crate) fn newest_wait(&self) -> Option<(Moment, Moment)> {
        let state = self.state();
        let waits = state.waits.as_ref().filter(|_| state.ended == NEVER)?;
        waits.ended
    }

    pub(crate) fn went_on(&self) -> bool {
        self.state().went_on
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state().ended != NEVER
    }

    /// When it first held a thread.
    pub(crate) fn started(&self) -> Option<Moment> {
        moment(self.started.load(Ordering::Relaxed))
    }

    /// As plain data, with those of its stretches that have not ended.
    pub(crate) fn recorded(&self, open: &[Whole], now: Moment, ours: bool) -> recording::Lane {
        let state = self.state();
        let kept = state.stretches.iter().flat_map(|stretches| &stretches.kept);
        let mut stretches: Vec<recording::Stretch> = kept.map(Merged::recorded).collect();
        // One that has ended since it was seen to be open is known already.
        let known = |it: &&Whole| {
            state.newest.is_some_and(|newest| newest.from >= it.from && newest.thread == it.thread)
        };
        let open = open.iter().filter(|it| !known(it)).map(|it| Whole { to: now, ..*it });
        let extra: Vec<Whole> = state.newest.into_iter().chain(open).collect();
        let lasts = |it: &Whole| it.to.saturating_sub(it.from);
        stretches.extend(extra.iter().map(|it| Merged::new(*it).recorded()));
        stretches.sort_by_key(|stretch| stretch.from);
        let polls = u64::from(state.polls) + extra.len() as u64;
        let on_loop = stretches.iter().any(|stretch| stretch.on_loop);
        let going = state.ended == NEVER;
        recording::Lane {
            number: self.number as usize,
            name: self.name.to_string(),
            asks: self.asks.as_deref().map(str::to_owned),
            trace: self.trace.as_deref().copied(),
            place: crate::place::of(self.span),
            parent: self.parent.map(|parent| parent.get() as usize - 1),
            outcome: state.outcome(ours),
            // What holds an event loop's thread and is to come back is a poll.
            future: state.future || (going && (polls > 1 || on_loop)),
            created: time(self.created),
            read: None,
            started: self.started().map(time),
            said: state.mark.map(|mark| time(mark.at)),
            ended: moment(state.ended).map(time),
            held: time(state.held + extra.iter().map(lasts).sum::<Moment>()),
            longest: time(extra.iter().map(lasts).fold(state.longest, Moment::max)),
            polls,
            stretches,
        }
    }
}

fn moment(moment: Moment) -> Option<Moment> {
    (moment != NEVER).then_some(moment)
}

impl State {
    /// How it has ended or said that it will, as far as anybody knows. Who uses
    /// spans of their own say nothing: what is theirs has `Ended`.
    fn outcome(&self, ours: bool) -> Outcome {
        match self.mark {
            Some(mark) => mark.outcome,
            None if self.ended == NEVER => Outcome::Unfinished,
            // A call that said nothing was no future that could be dropped.
            None if ours && (self.future || self.polls == 0) => Outcome::Dropped,
            None => Outcome::Ended,
        }
    }

    /// Gives whether it was under way until now.
    fn finish(&mut self) -> bool {
        std::mem::replace(&mut self.under_way, false)
    }

    /// Notes the wait that a poll ended which began at `from`; gives the one before.
    fn waited(&mut self, from: Moment) -> Option<(Moment, Moment)> {
        let left = self.left;
        let waits = self.waits.as_mut()?;
        let woken = waits.first;
        if woken > 0 {
            waits.first = if waits.last > from { waits.last } else { 0 };
        }
        // Woken while it was polled, it could go on when it had given its thread back.
        let ended = (1..=from).contains(&woken).then(|| (woken.max(left).min(from), from));
        std::mem::replace(&mut waits.ended, ended)
    }

    fn keep(&mut self, stretch: Whole, most: Option<usize>) {
        let is_after = self.mark.is_some_and(|mark| mark.at < stretch.from);
        if is_after && stretch.to > self.done {
            // A thread that came before it had left is inside for longer; else it went on.
            self.done = if stretch.from < self.done { stretch.to } else { 0 };
        }
        let held = stretch.to.saturating_sub(stretch.from);
        self.held += held;
        self.longest = self.longest.max(held);
        self.polls = self.polls.saturating_add(1);
        self.future |= self.polls > 1;
        match most {
            Some(most) => self.stretches.get_or_insert_default().keep(Merged::new(stretch), most),
            None if held >= LONG => {
                let long = self.stretches.get_or_insert_default();
                long.kept.push(Merged::new(stretch));
                long.kept.sort_by_key(|it| std::cmp::Reverse(it.held));
                long.kept.truncate(MOST_LONG);
            }
            None => {}
        }
    }
}

impl Stretches {
    fn keep(&mut self, stretch: Merged, most: usize) {
        self.add(stretch);
        if self.kept.len() > most {
            self.coarsen(most);
        }
    }

    fn add(&mut self, stretch: Merged) {
        // Neighbours are those of one thread: a database driver's may be inside
        // for as long as a whole query, while the event loop's comes and goes.
        let same = |other: &&mut Merged| {
            (other.thread, other.on_loop) == (stretch.thread, stretch.on_loop)
        };
        match self.kept.iter_mut().rev().find(same) {
            Some(last) if stretch.from.saturating_sub(last.to) < self.resolution => {
                last.to = last.to.max(stretch.to);
                last.held += stretch.held;
                last.polls = last.polls.saturating_add(stretch.polls);
            }
            _ => self.kept.push(stretch),
        }
    }

    /// Halves the list at least, by merging neighbours across gaps too small to draw.
    fn coarsen(&mut self, most: usize) {
        let life = self.kept.last().map_or(0, |last| last.to);
        let smallest = (life / most as Moment).max(1);
        // On several threads in turn, nothing may be left to merge but everything.
        while self.kept.len() > most / 2 && self.resolution < life.saturating_mul(2) {
            self.resolution = (self.resolution * 2).max(smallest);
            for stretch in std::mem::take(&mut self.kept) {
                self.add(stretch);
            }
        }
    }
}

impl Merged {
    fn new(Whole { from, to, thread, on_loop, .. }: Whole) -> Self {
        Self { from, to, held: to.saturating_sub(from), thread, polls: 1, on_loop }
    }

    fn recorded(&self) -> recording::Stretch {
        recording::Stretch {
            thread: self.thread as usize,
            on_loop: self.on_loop,
            from: time(self.from),
            to: time(self.to),
            held: time(self.held),
            polls: self.polls.into(),
        }
    }
}
