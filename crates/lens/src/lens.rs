//! The layer: what it learns from spans, and what it can tell.
//!
//! Four moments of a span are all there is to see: made, entered, left, closed.
//! An instrumented future enters its span for each poll, a blocking function once
//! for the whole call, so *held a thread* against *only waited* falls out of
//! ordinary spans, whatever the program.

use std::cell::Cell;
use std::num::NonZeroU128;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber, dispatcher};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::book::{Book, Choice, HeldLoop};
use crate::clock::{Clock, INSTANT, Moment, time};
use crate::joined::{Dated, Forgotten};
use crate::label::Label;
use crate::lane::{LONG, Lane, Whole};
use crate::live::Live;
use crate::lock;
use crate::recording::{Begins, Outcome, Recording};
use crate::threads::{Ended, Outermost, Thread, Threads};

/// The name that a span must have to become a lane, unless others are asked for.
/// Only of such a span it is known how it ends: by [`done`] or [`failed`].
pub const REQUESTER: &str = "requester";

/// How often [`Lens::settled`] looks for lanes that have not ended.
const LOOKS_EVERY: Duration = Duration::from_millis(1);

/// Records the lanes of a program. Cloning gives another handle to the same
/// recording: one goes into the subscriber, one stays with whoever wants to know.
#[derive(Clone)]
pub struct Lens(Arc<Shared>);

struct Shared {
    names: Box<[Box<str>]>,
    clock: Clock,
    live: Live,
    threads: Threads,
    choice: Choice,
    book: Mutex<Book>,
    /// The longest stretch on the thread of an event loop: a shorter one is not
    /// worth opening the book.
    longest_on_loop: AtomicU64,
    /// Whether its requesters come from outside.
    of_requests: AtomicBool,
}

impl Default for Lens {
    fn default() -> Self {
        Self::new()
    }
}

impl Lens {
    /// Starts a recording whose time zero is now and whose thread 1 is the
    /// caller's. Every span named [`REQUESTER`] is a lane.
    pub fn new() -> Self {
        Self::of_spans([REQUESTER])
    }

    /// The same with lanes of other names, such as a web service's `request`.
    pub fn of_spans<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let lens = Self(Arc::new(Shared {
            names: names.into_iter().map(Box::from).collect(),
            clock: Clock::new(),
            live: Live::default(),
            threads: Threads::new(NEXT.fetch_add(1, Ordering::Relaxed)),
            choice: Choice::default(),
            book: Mutex::default(),
            longest_on_loop: AtomicU64::new(0),
            of_requests: AtomicBool::new(false),
        }));
        lens.0.threads.here(|thread| thread.note_worker());
        lens
    }

    /// Says that its requesters come from outside, such as those of a server: who has
    /// asked and not been read yet is in no lane.
    pub fn of_requests(self) -> Self {
        self.0.of_requests.store(true, Ordering::Relaxed);
        self
    }

    /// Takes the calling thread for one that runs an event loop. Those of tokio
    /// are known by themselves.
    pub fn runs_event_loop(&self) {
        self.0.threads.here(|thread| thread.runs_event_loop());
    }

    /// The calling thread's number in this recording: 1, 2, 3 … in order of
    /// appearance; 0 while the thread ends.
    pub fn thread(&self) -> usize {
        self.0.threads.here(|thread| thread.id as usize).unwrap_or(0)
    }

    /// Stops the clock: what happens from here on is not recorded, and what goes
    /// on now has gone on until now.
    pub fn stop(&self) {
        self.0.clock.stop();
    }

    /// Stops the clock and gives what was recorded, once every lane has ended.
    ///
    /// A driver's thread may leave a requester's span a moment after the requester
    /// itself has. This waits for it, for as long as `patience` at most.
    pub fn settled(&self, patience: Duration) -> Recording {
        self.stop();
        let pauses = patience.as_nanos() / LOOKS_EVERY.as_nanos();
        for _ in 0..pauses {
            if self.0.live.is_empty() {
                break;
            }
            thread::sleep(LOOKS_EVERY);
        }
        self.recording()
    }

    /// Everything recorded so far, as plain data.
    pub fn recording(&self) -> Recording {
        let mut recording = self.recorded(|book, open, now| (book.lanes(open), book.recorded(now)));
        if recording.is_whole() {
            // Who said that it was done, and went on, was under way all the while; that is
            // known only afterwards.
            recording.figures.most_in_flight = recording.most_in_flight();
        }
        recording
    }

    /// What there is of one run of a client, whose requests have this in their fields
    /// `traceparent`: its newest 1,024 requests, and of those of others the ones that held
    /// an event loop for long, the newest 1,024 times that one was. It costs no more than
    /// that, however many came.
    pub fn recording_of(&self, trace: NonZeroU128) -> Dated {
        let (mut forgotten, mut across_await) = (Forgotten::default(), None);
        let mut recording = self.recorded(|book, open, now| {
            forgotten = book.forgotten();
            across_await = book.newest_across_await();
            (book.lanes_of(trace, open), book.recorded_of_late(now))
        });
        // One that goes on is newer.
        recording.across_await = recording.across_await.or(across_await);
        Dated { began: self.began(), recording: recording.of_its_lanes(), forgotten }
    }

    /// Where the recording began on the system's clock, as that stands now: since 1970.
    pub fn began(&self) -> Duration {
        self.0.clock.began()
    }

    /// `told` gives the lanes and the lists, and is told who is open and the moment.
    fn recorded(
        &self,
        told: impl FnOnce(&mut Book, &[Arc<Lane>], Moment) -> (Vec<Arc<Lane>>, Recording),
    ) -> Recording {
        let Shared { clock, threads, book, .. } = &*self.0;
        let now = clock.now();
        let seen = threads.all();
        let open: Vec<Open> = seen.iter().filter_map(|thread| Open::of(thread, now)).collect();
        let (lanes, mut recording) = {
            let mut book = lock(book);
            book.count_newest_waits();
            let named = open.iter().filter(|open| open.is_told(now));
            let named: Vec<_> = named.map(|open| Arc::clone(&open.held.lane)).collect();
            told(&mut book, &named, now)
        };
        for open in open.iter().filter(|open| open.held.stretch.on_loop) {
            recording.add_held(open.held.recorded(), open.is_long(now), open.held.slept);
        }
        let recorded = |lane: &Arc<Lane>| {
            let all = open.iter().flat_map(|open| &open.stretches);
            let of_lane = all.filter(|(other, _)| Arc::ptr_eq(other, lane));
            let open: Vec<Whole> = of_lane.map(|(_, stretch)| *stretch).collect();
            lane.recorded(&open, now, is_ours(lane))
        };
        recording.lanes = lanes.iter().map(recorded).collect();
        if self.0.of_requests.load(Ordering::Relaxed) {
            recording.begins = Begins::Read;
        }
        recording.threads = seen.iter().map(|thread| thread.recorded()).collect();
        let longest = recording.lanes.iter().map(|lane| lane.longest).max();
        let (number, held) = threads.figures(now);
        let in_lanes = recording.threads_held().len();
        let figures = &mut recording.figures;
        (figures.threads, figures.held) = (number.max(in_lanes), time(held));
        figures.longest = figures.longest.max(longest.unwrap_or_default());
        recording
    }

    /// The requesters that have not ended, as far as they are kept for pictures,
    /// and how many there are in all.
    pub fn going(&self) -> (Vec<Going>, usize) {
        let Shared { clock, threads, book, .. } = &*self.0;
        let now = clock.now();
        let open = threads.all();
        let open = open.iter().filter_map(|thread| thread.open(now));
        let open: Vec<(Arc<Lane>, Whole)> = open.flat_map(|(stretches, ..)| stretches).collect();
        let book = lock(book);
        let going = book.kept().iter().filter(|lane| !lane.has_ended()).map(|lane| {
            let held = open.iter().find(|(other, _)| Arc::ptr_eq(other, lane));
            let doing = match held {
                Some((_, stretch)) if stretch.on_loop => Doing::HoldsLoop,
                Some((_, stretch)) => Doing::Holds(stretch.thread as usize),
                None if lane.started().is_some() => Doing::Waits,
                None => Doing::NotYetRun,
            };
            let age = time(now.saturating_sub(lane.created));
            Going { number: lane.number as usize, name: lane.name.to_string(), doing, age }
        });
        (going.collect(), book.figures(now).unfinished)
    }

    /// Everything recorded so far if an event loop is blocked at this moment: if somebody
    /// has held its thread for 10 ms or longer, and holds it. What that means for whom is
    /// [`Recording::blocked_now`]. How much of that time the system kept the core from it is
    /// known only when it ends. Any thread may ask, as often as it likes: while no
    /// loop is blocked, it costs no recording.
    pub fn while_blocked(&self) -> Option<Recording> {
        let Shared { clock, threads, .. } = &*self.0;
        let now = clock.now();
        let blocks = |open: Open| open.is_long(now) && !open.held.slept;
        let is_blocked = threads.all().iter().filter_map(|it| Open::of(it, now)).any(blocks);
        is_blocked.then(|| self.recording())
    }

    /// The lane that an event belongs to: that of the innermost span around it
    /// that is one.
    pub fn lane_of<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Option<Requester>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut scope = context.event_scope(event)?;
        scope.find_map(|span| self.lane(&span.id()))
    }

    /// The lane of this span, if it is one.
    pub fn lane(&self, span: &Id) -> Option<Requester> {
        self.0.live.get(span.into_u64()).map(Requester)
    }

    /// The lane whose span the caller is in, if any.
    fn current() -> Option<(Self, Arc<Lane>)> {
        dispatcher::get_default(|dispatch: &Dispatch| {
            let lens = dispatch.downcast_ref::<Self>()?;
            let registry = dispatch.downcast_ref::<Registry>()?;
            let current = dispatch.current_span();
            let span = registry.span(current.id()?)?;
            let lane = span.scope().find_map(|span| lens.0.live.get(span.id().into_u64()))?;
            Some((lens.clone(), lane))
        })
    }

    /// The lane of a span that is open, and the recording it belongs to.
    pub(crate) fn of_span(span: &tracing::Span) -> Option<(Self, Arc<Lane>)> {
        span.with_subscriber(|(id, dispatch)| {
            let lens = dispatch.downcast_ref::<Self>()?;
            Some((lens.clone(), lens.0.live.get(id.into_u64())?))
        })?
    }

    pub(crate) fn wake(&self, lane: &Lane) {
        if !self.0.clock.is_stopped() {
            lane.wake(self.0.clock.now());
        }
    }

    /// Says how the current lane ends. Outside a lane nothing happens, and
    /// neither does after the end of the recording.
    fn mark(outcome: Outcome) {
        if let Some((lens, lane)) = Self::current().filter(|(lens, _)| !lens.0.clock.is_stopped()) {
            let before = lane.mark(outcome, lens.0.clock.now());
            lock(&lens.0.book).will_end(outcome, before);
        }
    }

    fn make_lane(
        &self,
        label: Label,
        span: &'static tracing::Metadata<'static>,
        parent: Option<u64>,
    ) -> Arc<Lane> {
        let created = self.0.clock.now();
        let mut book = lock(&self.0.book);
        book.make(&self.0.choice, |number| {
            let trace = label.trace();
            Lane::new(number, label.told(span.name(), number), trace, span, parent, created)
        })
    }

    fn enter(&self, span: u64) {
        let Shared { clock, live, threads, book, .. } = &*self.0;
        let Some(lane) = live.get(span) else { return };
        if clock.is_stopped() {
            threads.here(|thread| lane.goes_on(thread.id, thread.look().is_some()));
            return;
        }
        if thread::panicking() {
            // Unwinding drops it.
            return lane.is_dropped();
        }
        let entered = threads.here(|thread| thread.enter(span, &lane, clock)).flatten();
        if let Some(now) = entered.filter(|now| lane.enter(*now)) {
            lock(book).begins(&lane, now);
        }
    }

    fn leave(&self, span: u64) {
        let Shared { clock, threads, book, choice, .. } = &*self.0;
        let ended = threads.here(|thread| thread.leave(span, clock)).flatten();
        let Some(Ended { lane, stretch, silence, outermost }) = ended else { return };
        let left = lane.leave(stretch, choice.stretches(&lane));
        threads.held(left.held);
        if left.finished {
            lock(book).finishes();
        }
        if let Some(waited) = left.waited {
            lock(book).waited(&lane, waited);
        }
        if let Some(Outermost { inner, core_wait, slept }) = outermost {
            self.held_loop(HeldLoop { lane, inner, stretch, silence, core_wait, slept });
        }
    }

    /// The thread of an event loop was held, and is free again.
    fn held_loop(&self, held: HeldLoop) {
        if held.slept {
            return lock(&self.0.book).across_await(held);
        }
        let longest = self.0.longest_on_loop.fetch_max(held.time(), Ordering::Relaxed);
        if held.is_long() || held.time() > longest {
            lock(&self.0.book).held_loop(held);
        }
    }

    fn close(&self, span: u64, now: Moment, by_child: bool) {
        let Shared { live, threads, book, choice, .. } = &*self.0;
        // Who goes on after the recording was still going at its end, whatever comes then.
        let Some(lane) = live.remove(span).filter(|lane| !lane.went_on()) else { return };
        let most = choice.stretches(&lane);
        let closed = lane.close(now, by_child, most, is_ours(&lane));
        threads.held(closed.held);
        lock(book).closes(&lane, &closed);
    }

    fn is_lane(&self, name: &str) -> bool {
        self.0.names.iter().any(|it| **it == *name)
    }
}

/// Only who makes spans for this recording says how they end.
fn is_ours(lane: &Lane) -> bool {
    lane.span.name() == REQUESTER
}

thread_local! {
    /// The parent of the span that this thread has just closed, and when, if nothing
    /// has happened since: the registry goes on at once to close that one if it was
    /// only kept open by it.
    static CLOSING: Cell<(u64, Moment)> = const { Cell::new((0, 0)) };
}

fn closing(parent: u64, now: Moment) -> (u64, Moment) {
    CLOSING.try_with(|closing| closing.replace((parent, now))).unwrap_or((0, 0))
}

impl<S> Layer<S> for Lens
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !self.is_lane(attributes.metadata().name()) || self.0.clock.is_stopped() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut around = span.scope().skip(1);
        let parent = around.find_map(|span| self.0.live.get(span.id().into_u64()));
        let parent = parent.map(|lane| lane.number);
        let lane = self.make_lane(Label::of(attributes), attributes.metadata(), parent);
        self.0.live.insert(id.into_u64(), lane);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Shared { clock, threads, .. } = &*self.0;
        threads.here_if_seen(|thread| thread.hear(|| clock.now(), event.metadata()));
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        closing(0, 0);
        self.enter(id.into_u64());
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        closing(0, 0);
        self.leave(id.into_u64());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let parent = context.span(&id).and_then(|span| span.parent());
        let parent = parent.map_or(0, |parent| parent.id().into_u64());
        let now = self.0.clock.now();
        let (awaited, since) = closing(parent, now);
        let by_child = awaited == id.into_u64() && now.saturating_sub(since) < INSTANT;
        self.close(id.into_u64(), now, by_child);
    }
}

/// What a thread is inside of at the moment of a recording.
struct Open {
    stretches: Vec<(Arc<Lane>, Whole)>,
    /// By the outermost of them that an event loop runs, if one does.
    held: HeldLoop,
}

impl Open {
    fn of(thread: &Thread, now: Moment) -> Option<Self> {
        let (mut stretches, silence, slept) = thread.open(now)?;
        // Whoever entered since the clock was read is not in this recording yet.
        stretches.retain(|(_, stretch)| stretch.from <= now);
        let place = stretches.iter().position(|(_, stretch)| stretch.on_loop).unwrap_or(0);
        let (lane, stretch) = stretches.get(place)?;
        let lasts = |stretch: &Whole| now - stretch.from;
        let inner = stretches.iter().skip(place + 1).max_by_key(|(_, stretch)| lasts(stretch));
        let held = HeldLoop {
            lane: Arc::clone(lane),
            inner: inner.map(|(lane, stretch)| (Arc::clone(lane), lasts(stretch))),
            stretch: *stretch,
            silence,
            // Only a thread itself can look for how long it waited.
            core_wait: 0,
            slept,
        };
        Some(Self { stretches, held })
    }

    /// Whether it is told of as soon as the recording is taken.
    fn is_told(&self, now: Moment) -> bool {
        self.is_long(now) || (self.held.slept && self.held.stretch.on_loop)
    }

    /// Whether it has had an event loop for so long that it blocks it, if it was awake.
    fn is_long(&self, now: Moment) -> bool {
        self.held.stretch.on_loop && now - self.held.stretch.from >= LONG
    }
}

/// A requester.
pub struct Requester(Arc<Lane>);

impl Requester {
    /// Counted from 0 in the order in which they were made.
    pub fn number(&self) -> usize {
        self.0.number as usize
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it asks for, if its span says so.
    pub fn asks(&self) -> Option<&str> {
        self.0.asks.as_deref()
    }
}

/// A requester that has not ended.
#[derive(Debug, Clone)]
pub struct Going {
    /// Counted from 0 in the order in which they were made.
    pub number: usize,
    /// What it is called.
    pub name: String,
    /// What it does now.
    pub doing: Doing,
    /// The time since it was made.
    pub age: Duration,
}

/// What a requester does at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It was made, and has not run yet.
    NotYetRun,
    /// It holds no thread.
    Waits,
    /// It holds the thread of an event loop.
    HoldsLoop,
    /// It holds the thread of this number.
    Holds(usize),
}

/// Says that the requester whose span the caller is in has what it asked for.
pub fn done() {
    Lens::mark(Outcome::Done);
}

/// Says that the requester whose span the caller is in has failed.
pub fn failed() {
    Lens::mark(Outcome::Failed);
}

/// The requester whose span the caller is in, if any.
pub fn requester() -> Option<Requester> {
    Lens::current().map(|(_, lane)| Requester(lane))
}

#[cfg(test)]
mod tests {
    use tracing::info_span;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn what_began_while_the_clock_was_being_stopped_took_no_time() {
        let lens = Lens::new();
        let subscriber = Registry::default().with(lens.clone());
        tracing::subscriber::with_default(subscriber, || {
            let span = info_span!("requester", name = "R1");
            // Its moment was read by then, and that of the end is earlier.
            span.in_scope(|| lens.0.clock.stop_at(0));
        });
        let recording = lens.recording();
        assert_eq!(recording.elapsed, Duration::ZERO);
        assert_eq!((recording.figures.held, recording.lanes[0].held), Default::default());
    }
}
