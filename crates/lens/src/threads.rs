//! The threads of a recording: which lanes each of them is inside of.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use smallvec::SmallVec;
use tokio::runtime::{Handle, Id, RuntimeFlavor, RuntimeMetrics, worker_index};
use tracing::Metadata;

use crate::clock::{Clock, INSTANT, Moment};
use crate::core_wait::CoreWait;
use crate::lane::{Lane, Whole};
use crate::lock;
use crate::recording::{self, Worker};
use crate::text::harmless;

/// A thread that has been seen.
pub(crate) struct Thread {
    /// Counted from 1 in order of appearance.
    pub(crate) id: u32,
    name: Box<str>,
    /// Whether it runs an event loop that tokio knows nothing of.
    own_loop: AtomicBool,
    /// Whether a lane held it, and not only to be dropped.
    was_held: AtomicBool,
    inside: Mutex<Inside>,
}

/// What a thread is inside of, and what it has been.
#[derive(Default)]
pub(crate) struct Inside {
    /// The outermost first.
    stack: SmallVec<[Entry; 2]>,
    /// When it entered the outermost.
    since: Moment,
    /// For how long it was inside of any, before.
    held: Moment,
    worker: Option<Worker>,
    /// The runtime of that worker.
    runtime: Option<Id>,
    /// What the runtime tells of the worker, if it stays on this thread.
    alone: Option<RuntimeMetrics>,
    /// How often the worker had slept when the outermost was entered.
    slept: u64,
    core_wait: CoreWait,
    /// Of those inside the outermost that an event loop runs, the one that was there
    /// longest.
    inner: Option<(Arc<Lane>, Moment)>,
}

/// A lane that a thread is inside of.
struct Entry {
    span: u64,
    lane: Arc<Lane>,
    from: Moment,
    on_loop: bool,
    /// Entering a span that the thread is in already begins no second stretch.
    depth: u32,
    /// When it was last heard of, and by which event.
    heard: (Moment, Event),
    silence: Silence,
    /// What was known of the thread's waits for a core when it was entered.
    core_wait: Option<Moment>,
}

/// None for the beginning of a stretch, or for its end.
type Event = Option<&'static Metadata<'static>>;

/// The longest time without an event so far, and the two around it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Silence {
    time: Moment,
    pub(crate) after: Event,
    pub(crate) before: Event,
}

/// A stretch that has not ended.
pub(crate) type Open = (Arc<Lane>, Whole);

/// A stretch that has just ended.
pub(crate) struct Ended {
    pub(crate) lane: Arc<Lane>,
    pub(crate) stretch: Whole,
    pub(crate) silence: Silence,
    /// Known if an event loop ran it, inside of no other.
    pub(crate) outermost: Option<Outermost>,
}

/// What else is known of a stretch that an event loop ran, inside of no other.
pub(crate) struct Outermost {
    /// What was inside of it longest.
    pub(crate) inner: Option<(Arc<Lane>, Moment)>,
    /// How long the thread waited for a core meanwhile, at most; 0 where the
    /// stretch was too short to ask, or the system does not tell.
    pub(crate) core_wait: Moment,
    /// Whether the event loop slept meanwhile.
    pub(crate) slept: bool,
}

impl Thread {
    fn new(id: u32) -> Self {
        let name = harmless(thread::current().name().unwrap_or("unnamed")).into();
        let no = || AtomicBool::new(false);
        Self { id, name, own_loop: no(), was_held: no(), inside: Mutex::default() }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    /// Takes this thread, which is the caller's, for one that runs an event loop.
    pub(crate) fn runs_event_loop(&self) {
        self.own_loop.store(true, Ordering::Relaxed);
        self.inside().worker = Some(Worker { index: 0, of: 1, stays: true });
    }

    /// Looks which worker the calling thread is now, if it runs an event loop.
    pub(crate) fn look(&self) -> Option<usize> {
        worker_index().or_else(|| self.own_loop.load(Ordering::Relaxed).then_some(0))
    }

    /// Notes it if it runs an event loop now.
    pub(crate) fn note_worker(&self) {
        if let Some(index) = self.look() {
            self.inside().note_worker(index);
        }
    }

    /// Enters a lane's span; gives the moment, unless it was inside of it already.
    pub(crate) fn enter(&self, span: u64, lane: &Arc<Lane>, clock: &Clock) -> Option<Moment> {
        let worker = self.look();
        let mut inside = self.inside();
        if let Some(entry) = inside.stack.iter_mut().find(|entry| entry.span == span) {
            entry.depth += 1;
            return None;
        }
        if let Some(index) = worker {
            inside.note_worker(index);
        }
        let is_outermost = worker.is_some() && !inside.is_on_loop();
        let now = match worker {
            Some(index) if is_outermost => {
                let (now, was_long_ago) = inside.core_wait.begin(clock);
                if was_long_ago || inside.is_in_another_runtime() {
                    inside.look_at_runtime(index);
                }
                now
            }
            _ => clock.now(),
        };
        let on_loop = worker.is_some();
        if inside.stack.is_empty() {
            inside.since = now;
        }
        if is_outermost {
            inside.slept = inside.sleeps();
        }
        let silence = Silence { time: 0, after: None, before: None };
        let lane = Arc::clone(lane);
        let heard = (now, None);
        let core_wait = inside.core_wait.counted().filter(|_| on_loop);
        let entry = Entry { span, lane, from: now, on_loop, depth: 1, heard, silence, core_wait };
        inside.stack.push(entry);
        Some(now)
    }

    /// Leaves it; gives the stretch that ends here, if one does.
    pub(crate) fn leave(&self, span: u64, clock: &Clock) -> Option<Ended> {
        let mut inside = self.inside();
        let place = inside.stack.iter().rposition(|entry| entry.span == span)?;
        let entry = &mut inside.stack[place];
        entry.depth -= 1;
        if entry.depth > 0 {
            return None;
        }
        let mut entry = inside.stack.remove(place);
        let mut now = clock.now();
        let is_inner = inside.is_on_loop();
        let is_outermost = entry.on_loop && !is_inner;
        let mut core_wait = 0;
        let is_brief = now.saturating_sub(entry.from) < INSTANT;
        if !is_brief
            && let Some(before) = entry.core_wait
            && let Some((at, waited)) = inside.core_wait.end(before, clock)
        {
            (now, core_wait) = (at, waited);
        }
        entry.hear(now, None);
        let Entry { lane, from, on_loop, heard, silence, .. } = entry;
        // The clock may have been stopped at an earlier moment than was read then.
        let from = from.min(now);
        let spoke = silence.after.is_some() || silence.before.is_some() || heard.1.is_some();
        let held = now.saturating_sub(from);
        let brief = held.saturating_sub(core_wait) < INSTANT;
        if inside.stack.is_empty() {
            inside.held += now.saturating_sub(inside.since);
        }
        let outermost = is_outermost.then(|| Outermost {
            inner: inside.inner.take(),
            core_wait: core_wait.min(held),
            slept: inside.has_slept(),
        });
        if is_inner && inside.inner.as_ref().is_none_or(|(_, longest)| held > *longest) {
            inside.inner = Some((Arc::clone(&lane), held));
        }
        let stretch = Whole { from, to: now, thread: self.id, on_loop, spoke, brief };
        Some(Ended { lane, stretch, silence, outermost })
    }

    /// Notes an event in whatever it is inside of.
    pub(crate) fn hear(&self, now: impl FnOnce() -> Moment, event: &'static Metadata<'static>) {
        let mut inside = self.inside();
        if inside.stack.is_empty() {
            return;
        }
        let now = now();
        inside.stack.iter_mut().for_each(|entry| entry.hear(now, Some(event)));
    }

    /// What it is inside of until now, the outermost first, the longest silence in the
    /// outermost that an event loop runs, if one does, and whether the loop slept
    /// meanwhile; none if it is inside of nothing.
    pub(crate) fn open(&self, now: Moment) -> Option<(Vec<Open>, Silence, bool)> {
        let inside = self.inside();
        let on_loop = inside.stack.iter().find(|entry| entry.on_loop);
        let silence = on_loop.or(inside.stack.first())?.silence_until(now, None);
        let open = inside.stack.iter().map(|entry| {
            let (from, on_loop, spoke) = (entry.from, entry.on_loop, entry.heard.1.is_some());
            // Whoever is still inside may stay for long.
            let brief = false;
            let stretch = Whole { from, to: now, thread: self.id, on_loop, spoke, brief };
            (Arc::clone(&entry.lane), stretch)
        });
        Some((open.collect(), silence, inside.has_slept()))
    }

    /// For how long it was inside of any lane.
    pub(crate) fn held(&self, now: Moment) -> Moment {
        let inside = self.inside();
        let open = if inside.stack.is_empty() { 0 } else { now.saturating_sub(inside.since) };
        inside.held + open
    }

    pub(crate) fn recorded(&self) -> recording::Thread {
        let worker = self.inside().worker;
        recording::Thread { id: self.id as usize, name: self.name.to_string(), worker }
    }
}

impl Inside {
    /// Whether it is inside of a lane that an event loop runs.
    fn is_on_loop(&self) -> bool {
        self.stack.iter().any(|entry| entry.on_loop)
    }

    fn note_worker(&mut self, index: usize) {
        if self.worker.is_none_or(|worker| worker.index != index) {
            self.look_at_runtime(index);
        }
    }

    /// One after the other may come to a thread, each with a worker of the same index. Only
    /// those with one thread do that, and the workers of others share what is asked here.
    fn is_in_another_runtime(&self) -> bool {
        let may_be = self.worker.is_none_or(|worker| worker.stays);
        may_be && Handle::try_current().map(|runtime| runtime.id()).ok() != self.runtime
    }

    fn look_at_runtime(&mut self, index: usize) {
        let runtime = Handle::try_current().ok();
        self.runtime = runtime.as_ref().map(Handle::id);
        let of = runtime.as_ref().map_or(1, |runtime| runtime.metrics().num_workers());
        let is_multi = |it: &Handle| it.runtime_flavor() != RuntimeFlavor::CurrentThread;
        let stays = !runtime.as_ref().is_some_and(is_multi);
        self.worker = Some(Worker { index, of, stays });
        self.alone = runtime.filter(|_| stays).map(|runtime| runtime.metrics());
    }

    /// Whether the worker has slept since the outermost lane that it runs was entered. Who is
    /// entered while it does so was not left at an `.await`: it holds no thread.
    fn has_slept(&self) -> bool {
        self.sleeps() > self.slept
    }

    /// How often this worker has gone to sleep, as far as is known.
    #[cfg(target_has_atomic = "64")]
    fn sleeps(&self) -> u64 {
        self.alone.as_ref().map_or(0, |metrics| metrics.worker_park_count(0))
    }

    #[cfg(not(target_has_atomic = "64"))]
    fn sleeps(&self) -> u64 {
        0
    }
}

impl Entry {
    fn hear(&mut self, now: Moment, event: Event) {
        self.silence = self.silence_until(now, event);
        self.heard = (now, event.or(self.heard.1));
    }

    fn silence_until(&self, now: Moment, before: Event) -> Silence {
        let (since, after) = self.heard;
        let time = now.saturating_sub(since);
        if time >= self.silence.time { Silence { time, after, before } } else { self.silence }
    }
}

/// A thread, and the recording that knows it as this.
struct Known(u64, Arc<Thread>);

/// The thread ends, or its recording has gone: what the system and the runtime
/// keep open for it is let go.
impl Drop for Known {
    fn drop(&mut self) {
        let mut inside = self.1.inside();
        inside.core_wait = CoreWait::default();
        inside.alone = None;
    }
}

thread_local! {
    /// This thread, as each recording that it was seen by knows it.
    static HERE: RefCell<SmallVec<[Known; 1]>> = const { RefCell::new(SmallVec::new_const()) };
}

/// All threads that a recording has seen.
pub(crate) struct Threads {
    /// Tells recordings apart in a thread's memory of itself.
    lens: u64,
    seen: Mutex<Seen>,
}

/// Threads that have ended are forgotten beyond so many, but for what they held.
const MOST_KEPT: usize = 4096;

#[derive(Default)]
struct Seen {
    all: u32,
    kept: Vec<Arc<Thread>>,
    forgotten: Forgotten,
}

/// What is left of threads that have ended.
#[derive(Default)]
struct Forgotten {
    /// How many of them a lane held.
    held: usize,
    /// For how long in all.
    time: Moment,
}

impl Threads {
    pub(crate) fn new(lens: u64) -> Self {
        Self { lens, seen: Mutex::default() }
    }

    /// Hands over the calling thread. Gives none while the thread ends, and
    /// has no memory any more.
    pub(crate) fn here<T>(&self, act: impl FnOnce(&Arc<Thread>) -> T) -> Option<T> {
        HERE.try_with(|here| {
            if let Some(thread) = self.find(&here.borrow()) {
                return Some(act(thread));
            }
            // Recordings that have gone keep nothing but this.
            here.borrow_mut().retain(|Known(_, thread)| Arc::strong_count(thread) > 1);
            here.borrow_mut().push(Known(self.lens, self.meet()));
            self.find(&here.borrow()).map(act)
        })
        .ok()
        .flatten()
    }

    fn find<'a>(&self, known: &'a [Known]) -> Option<&'a Arc<Thread>> {
        known.iter().find(|Known(lens, _)| *lens == self.lens).map(|Known(_, thread)| thread)
    }

    /// The same if the thread has been seen.
    pub(crate) fn here_if_seen(&self, act: impl FnOnce(&Arc<Thread>)) {
        // A thread that ends has no memory any more.
        let _ = HERE.try_with(|here| self.find(&here.borrow()).map(act));
    }

    fn meet(&self) -> Arc<Thread> {
        let mut seen = lock(&self.seen);
        if seen.kept.len() >= MOST_KEPT {
            seen.forget_ended();
        }
        seen.all += 1;
        let thread = Arc::new(Thread::new(seen.all));
        seen.kept.push(Arc::clone(&thread));
        thread
    }

    pub(crate) fn all(&self) -> Vec<Arc<Thread>> {
        lock(&self.seen).kept.clone()
    }

    /// Notes that a lane held this thread.
    pub(crate) fn held(&self, thread: Option<u32>) {
        let Some(id) = thread else { return };
        let note = |thread: &Arc<Thread>| {
            // Mostly it is known, and reading costs less than writing.
            if !thread.was_held.load(Ordering::Relaxed) {
                thread.was_held.store(true, Ordering::Relaxed);
            }
        };
        let here = self.here(|thread| (thread.id == id).then(|| note(thread)));
        if here.flatten().is_none() {
            lock(&self.seen).kept.iter().filter(|thread| thread.id == id).for_each(note);
        }
    }

    /// How many a lane held, and for how long in all.
    pub(crate) fn figures(&self, now: Moment) -> (usize, Moment) {
        let Seen { kept, forgotten, .. } = &*lock(&self.seen);
        let held = kept.iter().filter(|thread| thread.was_held.load(Ordering::Relaxed)).count();
        let time: Moment = kept.iter().map(|thread| thread.held(now)).sum();
        (forgotten.held + held, forgotten.time + time)
    }
}

impl Seen {
    /// Nobody else knows a thread that has ended.
    fn forget_ended(&mut self) {
        let (ended, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.kept)
            .into_iter()
            .partition(|thread| Arc::strong_count(thread) == 1);
        self.kept = kept;
        for thread in ended {
            self.forgotten.held += usize::from(thread.was_held.load(Ordering::Relaxed));
            self.forgotten.time += thread.held(0);
        }
    }
}
