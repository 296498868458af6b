//! The lens: a `tracing` layer that turns spans into a recording.
//!
//! Every span named `requester` is a lane. What the layer learns of it comes
//! from the span's four moments alone: created, entered, exited, closed. An
//! instrumented future enters its span for each poll, a blocking function once
//! for the whole call, so *held a thread* against *only waited* falls out of
//! ordinary spans, whatever the strategy.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::recording::{Blocked, Lane as RecordedLane, Outcome, Recording, Stretch, Thread};

/// The name a span must have to become a lane.
pub const REQUESTER: &str = "requester";

/// A stretch on the event loop's thread that lasts this long blocks the loop:
/// the delay at which other tasks begin to feel it, and the usual limit of
/// debugging aids for event loops.
pub const BLOCKED_AFTER: Duration = Duration::from_millis(10);

/// Stretches kept apart per lane. A screen has some hundred columns and a page
/// some thousand pixels, so nothing that a picture could show is lost.
const MOST_STRETCHES: usize = 2048;

/// How often [`Recorder::settled`] looks for lanes that have not ended.
const LOOKS_EVERY: Duration = Duration::from_millis(1);

/// Records the lanes of one run. Cloning gives another handle to the same
/// recording: one goes into the subscriber, one stays with the run.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    /// Tells recorders apart in a thread's memory of its own number.
    id: u64,
    epoch: Instant,
    /// The one thread that runs an event loop, if there is such a thread.
    event_loop: OnceLock<usize>,
    lanes: Mutex<Vec<Arc<Lane>>>,
    threads: Mutex<Vec<Thread>>,
    blocked: Mutex<Vec<Blocked>>,
    /// The longest stretch on the event loop's thread, in nanoseconds.
    longest_on_loop: AtomicU64,
}

impl Recorder {
    /// Starts a recording whose time zero is now and whose thread 1 is the caller's.
    /// With `event_loop`, that thread is taken for the one that runs the event loop.
    pub fn new(event_loop: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let recorder = Self(Arc::new(Shared {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            epoch: Instant::now(),
            event_loop: OnceLock::new(),
            lanes: Mutex::default(),
            threads: Mutex::default(),
            blocked: Mutex::default(),
            longest_on_loop: AtomicU64::new(0),
        }));
        recorder.thread();
        if event_loop {
            recorder.is_on_event_loop();
        }
        recorder
    }

    /// Takes the calling thread for the one that runs the event loop.
    pub(crate) fn is_on_event_loop(&self) {
        // There is one such thread, and who comes first is it.
        let _ = self.0.event_loop.set(self.thread());
    }

    /// The calling thread's number in this recording: 1, 2, 3 … in order of appearance.
    pub fn thread(&self) -> usize {
        thread_local!(static KNOWN: Cell<(u64, usize)> = const { Cell::new((0, 0)) });
        let (recorder, number) = KNOWN.get();
        if recorder == self.0.id {
            return number;
        }
        let mut threads = lock(&self.0.threads);
        let id = threads.len() + 1;
        let name = thread::current().name().unwrap_or("unnamed").to_owned();
        threads.push(Thread { id, name });
        KNOWN.set((self.0.id, id));
        id
    }

    /// Everything recorded so far, as plain data.
    pub fn recording(&self) -> Recording {
        let elapsed = self.now();
        let lanes = lock(&self.0.lanes).iter().map(|lane| lane.recorded(elapsed)).collect();
        let mut blocked = lock(&self.0.blocked).clone();
        blocked.extend(self.open_blocks(elapsed));
        Recording {
            elapsed,
            event_loop: self.event_loop(),
            longest_on_loop: Duration::from_nanos(self.0.longest_on_loop.load(Ordering::Relaxed)),
            threads: lock(&self.0.threads).clone(),
            lanes,
            blocked,
        }
    }

    /// What was recorded up to now, once every lane has ended.
    ///
    /// A driver's thread may leave a requester's span a moment after the requester
    /// itself has. This waits for it, for as long as `patience` at most; what
    /// happens meanwhile does not count.
    pub fn settled(&self, patience: Duration) -> Recording {
        let elapsed = self.now();
        while self.has_open_lanes() && self.now() - elapsed < patience {
            thread::sleep(LOOKS_EVERY);
        }
        self.recording().up_to(elapsed)
    }

    fn has_open_lanes(&self) -> bool {
        lock(&self.0.lanes).iter().any(|lane| lane.state().closed.is_none())
    }

    /// The lane whose span the caller is in, if any.
    pub(crate) fn current_lane() -> Option<(Recorder, Arc<Lane>)> {
        dispatcher::get_default(|dispatch: &Dispatch| {
            let recorder = dispatch.downcast_ref::<Recorder>()?;
            let registry = dispatch.downcast_ref::<Registry>()?;
            let current = dispatch.current_span();
            let span = registry.span(current.id()?)?;
            let lane = span.scope().find_map(|span| span.extensions().get::<Arc<Lane>>().cloned());
            Some((recorder.clone(), lane?))
        })
    }

    /// Says how the current lane ends. Outside a lane nothing happens.
    pub(crate) fn mark(outcome: Outcome) {
        if let Some((recorder, lane)) = Self::current_lane() {
            lane.state().mark =
                Some(Mark { outcome, at: recorder.now(), thread: recorder.thread() });
        }
    }

    fn event_loop(&self) -> Option<usize> {
        self.0.event_loop.get().copied()
    }

    fn now(&self) -> Duration {
        self.0.epoch.elapsed()
    }

    fn create_lane(&self, Label { name, asks }: Label) -> Arc<Lane> {
        let created = self.now();
        let mut lanes = lock(&self.0.lanes);
        let lane =
            Arc::new(Lane { index: lanes.len(), name, asks, created, state: Mutex::default() });
        lanes.push(lane.clone());
        lane
    }

    fn enter(&self, lane: &Lane) {
        let thread = self.thread();
        let from = self.now();
        lane.state().enter(thread, from);
    }

    fn exit(&self, lane: &Lane) {
        let to = self.now();
        let Some(stretch) = lane.state().exit(self.thread(), to) else { return };
        if Some(stretch.thread) != self.event_loop() {
            return;
        }
        self.0.longest_on_loop.fetch_max(stretch.held.as_nanos() as u64, Ordering::Relaxed);
        if stretch.held >= BLOCKED_AFTER {
            lock(&self.0.blocked).push(Blocked { lane: lane.index, from: stretch.from, to });
        }
    }

    fn close(&self, lane: &Lane) {
        let now = self.now();
        lane.state().close(now);
    }

    /// Stretches that block the event loop at this very moment.
    fn open_blocks(&self, now: Duration) -> Vec<Blocked> {
        let lanes = lock(&self.0.lanes);
        let held = |lane: &Arc<Lane>| {
            let state = lane.state();
            let open = state.open.iter().find(|open| Some(open.thread) == self.event_loop())?;
            let blocked = Blocked { lane: lane.index, from: open.from, to: now };
            (now - open.from >= BLOCKED_AFTER).then_some(blocked)
        };
        lanes.iter().filter_map(held).collect()
    }
}

impl<S> Layer<S> for Recorder
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != REQUESTER {
            return;
        }
        if let Some(span) = context.span(id) {
            let mut label = Label::default();
            attributes.record(&mut label);
            span.extensions_mut().insert(self.create_lane(label));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        with_lane(id, &context, |lane| self.enter(lane));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        with_lane(id, &context, |lane| self.exit(lane));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        with_lane(&id, &context, |lane| self.close(lane));
    }
}

fn with_lane<S>(id: &Id, context: &Context<'_, S>, act: impl FnOnce(&Lane))
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if let Some(span) = context.span(id)
        && let Some(lane) = span.extensions().get::<Arc<Lane>>()
    {
        act(lane);
    }
}

/// The fields of a requester's span.
#[derive(Default)]
struct Label {
    name: String,
    asks: Option<String>,
}

impl Visit for Label {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "name" => value.clone_into(&mut self.name),
            "asks" => self.asks = Some(value.to_owned()),
            _ => {}
        }
    }
}

/// One requester while it is being recorded.
pub(crate) struct Lane {
    /// Counted from 0 in order of creation.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) asks: Option<String>,
    created: Duration,
    state: Mutex<LaneState>,
}

impl Lane {
    fn state(&self) -> MutexGuard<'_, LaneState> {
        lock(&self.state)
    }

    fn recorded(&self, now: Duration) -> RecordedLane {
        let state = self.state();
        let open = state.open.iter().map(|open| open.until(now));
        let extra: Vec<Stretch> = state.newest.iter().cloned().chain(open).collect();
        let stretches: Vec<Stretch> =
            state.stretches.iter().cloned().chain(extra.clone()).collect();
        let polls = state.polls + extra.len() as u64;
        let outcome = match (&state.mark, state.closed) {
            (Some(mark), _) => mark.outcome,
            (None, Some(_)) => Outcome::Dropped,
            (None, None) => Outcome::Unfinished,
        };
        RecordedLane {
            name: self.name.clone(),
            asks: self.asks.clone(),
            outcome,
            future: state.future || (state.closed.is_none() && polls > 1),
            created: self.created,
            started: stretches.iter().map(|stretch| stretch.from).min(),
            ended: state.closed,
            held: state.held + extra.iter().map(|stretch| stretch.held).sum::<Duration>(),
            longest: extra.iter().map(|stretch| stretch.held).fold(state.longest, Duration::max),
            polls,
            stretches,
        }
    }
}

#[derive(Default)]
struct LaneState {
    /// Threads that are inside the span now. More than one is possible: a
    /// database driver may enter its caller's span on a thread of its own.
    open: Vec<Open>,
    /// Each thread's newest whole stretch, kept apart until it is known to be no drop.
    newest: Vec<Stretch>,
    stretches: Vec<Stretch>,
    /// Stretches closer together than this are kept as one.
    resolution: Duration,
    held: Duration,
    longest: Duration,
    polls: u64,
    mark: Option<Mark>,
    closed: Option<Duration>,
    future: bool,
}

/// How a requester said that it ends, when, and on which thread.
#[derive(Clone, Copy)]
struct Mark {
    outcome: Outcome,
    at: Duration,
    thread: usize,
}

struct Open {
    thread: usize,
    from: Duration,
    /// Entering a span that the thread is in already opens no second stretch.
    depth: usize,
}

impl Open {
    fn until(&self, to: Duration) -> Stretch {
        let held = to.saturating_sub(self.from);
        Stretch { thread: self.thread, from: self.from, to, held, polls: 1 }
    }
}

impl LaneState {
    fn enter(&mut self, thread: usize, from: Duration) {
        match self.open.iter_mut().find(|open| open.thread == thread) {
            Some(open) => open.depth += 1,
            None => self.open.push(Open { thread, from, depth: 1 }),
        }
    }

    /// Leaves the span; gives the stretch that ends here, if one does.
    fn exit(&mut self, thread: usize, to: Duration) -> Option<Stretch> {
        let place = self.open.iter().position(|open| open.thread == thread)?;
        self.open[place].depth -= 1;
        if self.open[place].depth > 0 {
            return None;
        }
        let stretch = self.open.swap_remove(place).until(to);
        match self.newest.iter_mut().find(|newest| newest.thread == thread) {
            Some(newest) => {
                let previous = std::mem::replace(newest, stretch.clone());
                self.keep(previous);
            }
            None => {
                self.newest.reserve_exact(1);
                self.newest.push(stretch.clone());
            }
        }
        Some(stretch)
    }

    /// Dropping an instrumented future enters its span once more, so that what
    /// it owns is dropped inside. That last stretch is no poll, and goes. It is
    /// known by not holding the moment at which the requester said how it ended.
    fn close(&mut self, now: Duration) {
        self.closed = Some(now);
        let mut newest = std::mem::take(&mut self.newest);
        if let Some(last) = self.last_of_its_own(&newest) {
            let said = |mark: Mark| newest[last].from <= mark.at && mark.at <= newest[last].to;
            if !self.mark.is_some_and(said) && !thread::panicking() {
                self.future = true;
                newest.remove(last);
            }
        }
        newest.sort_by_key(|stretch| stretch.to);
        newest.into_iter().for_each(|stretch| self.keep(stretch));
    }

    /// The requester's own last stretch. Another thread, a driver's, may have left
    /// the span later, but it came earlier.
    fn last_of_its_own(&self, newest: &[Stretch]) -> Option<usize> {
        let own = |(_, stretch): &(usize, &Stretch)| {
            self.mark.is_none_or(|mark| mark.thread == stretch.thread)
        };
        let latest = newest.iter().enumerate().filter(own).max_by_key(|(_, stretch)| stretch.from);
        latest.map(|(place, _)| place)
    }

    fn keep(&mut self, stretch: Stretch) {
        self.held += stretch.held;
        self.longest = self.longest.max(stretch.held);
        self.polls += 1;
        self.add(stretch);
        if self.stretches.len() > MOST_STRETCHES {
            self.coarsen();
        }
    }

    fn add(&mut self, stretch: Stretch) {
        // Neighbours are those of one thread: a database driver's may be inside
        // for as long as a whole query, while the event loop's comes and goes.
        let same = |other: &&mut Stretch| other.thread == stretch.thread;
        match self.stretches.iter_mut().rev().find(same) {
            Some(last) if stretch.from.saturating_sub(last.to) < self.resolution => {
                last.absorb(stretch)
            }
            _ => self.stretches.push(stretch),
        }
    }

    /// Halves the list at least, by merging neighbours across gaps too small to draw.
    fn coarsen(&mut self) {
        let life = self.stretches.last().map_or(Duration::ZERO, |last| last.to);
        let smallest = (life / MOST_STRETCHES as u32).max(Duration::from_nanos(1));
        while self.stretches.len() > MOST_STRETCHES / 2 {
            self.resolution = (self.resolution * 2).max(smallest);
            for stretch in std::mem::take(&mut self.stretches) {
                self.add(stretch);
            }
        }
    }
}

/// A panic elsewhere must not cost the picture of what was recorded before it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A requester that has not ended, for the live view.
pub(crate) struct Going {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) now: Now,
    /// Since its creation.
    pub(crate) age: Duration,
}

/// What a requester does at this moment.
pub(crate) enum Now {
    NotYetRun,
    Waits,
    HoldsLoop,
    Holds(usize),
}

impl Recorder {
    /// The requesters that have not ended.
    pub(crate) fn unfinished(&self) -> Vec<Going> {
        let now = self.now();
        let lanes = lock(&self.0.lanes);
        let going = |lane: &Arc<Lane>| {
            let state = lane.state();
            let doing = match state.open.first() {
                Some(open) if Some(open.thread) == self.event_loop() => Now::HoldsLoop,
                Some(open) => Now::Holds(open.thread),
                None if !state.newest.is_empty() => Now::Waits,
                None => Now::NotYetRun,
            };
            let going = Going {
                index: lane.index,
                name: lane.name.clone(),
                now: doing,
                age: now.saturating_sub(lane.created),
            };
            state.closed.is_none().then_some(going)
        };
        lanes.iter().filter_map(going).collect()
    }
}
