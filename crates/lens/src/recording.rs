//! What was recorded, as plain data: lanes, stretches, and the figures they add up to.
//!
//! In JSON every time is a number of seconds since the recording began (`…_s`),
//! every thread is its number in `threads`, and every lane its `number`.

use std::cmp::Reverse;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::TraceParent;

/// A stretch on the thread of an event loop that lasts this long blocks the
/// loop: the delay at which other tasks begin to feel it, and the usual limit of
/// debugging aids for event loops.
pub const BLOCKED_AFTER: Duration = Duration::from_millis(10);

/// All that was recorded up to the moment it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// From its beginning to the moment it was asked for.
    #[serde(rename = "elapsed_s", with = "seconds")]
    pub elapsed: Duration,
    /// What lanes begin with; left out where that is nothing but being made.
    #[serde(default, skip_serializing_if = "Begins::is_made")]
    pub begins: Begins,
    /// What it adds up to. Every lane counts, also those that are not in `lanes`.
    pub figures: Figures,
    /// The threads that entered a lane, and before them the one that began the recording.
    pub threads: Vec<Thread>,
    /// One lane per requester, in the order in which they were made: all of them
    /// up to 16,384. Of more, a fair choice, and those that stand in the lists below.
    pub lanes: Vec<Lane>,
    /// Stretches that held the thread of an event loop for 10 ms or longer, not
    /// counting what it waited for a core, in the order in which they began: the
    /// 64 longest of them, or the newest 1,024 in what is told
    /// [of one trace](crate::Lens::recording_of).
    pub blocked: Vec<Held>,
    /// The longest stretch on the thread of an event loop, however short; none
    /// without an event loop.
    pub longest_on_loop: Option<Held>,
    /// The longest time that a requester waited for its poll after it had been
    /// woken; none if nobody noted wakes. See [`InLane`](crate::InLane).
    pub longest_wait: Option<Wait>,
    /// The longest stretch during which the event loop slept: its span was kept
    /// entered across an `.await`. Who held that thread cannot be told, and such
    /// stretches are in neither of the lists above; none if there was none.
    pub across_await: Option<Held>,
}

/// What lanes begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Begins {
    /// The program itself made them.
    #[default]
    Made,
    /// Others asked for them, and the program had read that. Whom it had not read yet is
    /// in no lane.
    Read,
    /// Others asked for them, from that moment on: see [`joined`](crate::joined).
    Asked,
}

impl Begins {
    fn is_made(&self) -> bool {
        *self == Self::Made
    }

    /// What a lane is before it has held a thread.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Made | Self::Read => "made, not yet run",
            Self::Asked => "asked, not yet run",
        }
    }
}

/// An operating-system thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// 1 for the thread that began the recording, then in order of appearance.
    /// Of more than 4,096, those that have ended are left out.
    pub id: usize,
    /// The name it was given, or `unnamed`.
    pub name: String,
    /// Which worker of a runtime it is; none if it was seen to run no event loop.
    pub worker: Option<Worker>,
}

/// A thread that runs an event loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Its number in the runtime, from 0.
    pub index: usize,
    /// How many workers the runtime has: 1 for a current-thread runtime.
    pub of: usize,
    /// Whether it stays on this thread, as in a current-thread runtime. In one of several
    /// threads, `block_in_place` hands the worker over to another thread, in the middle
    /// of a poll: then this thread is held on, and the worker is free.
    pub stays: bool,
}

/// One requester's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// Counted from 0, in the order in which they were made.
    pub number: usize,
    /// What the requester is called, such as `R1`.
    pub name: String,
    /// What it asks for, such as a URL; none if its span does not say.
    pub asks: Option<String>,
    /// What another program calls it too, by the field `traceparent` of its span; left
    /// out if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
    /// Where its span is made: file and line; none if the span does not tell.
    pub place: Option<String>,
    /// The `number` of the lane inside which it was made.
    pub parent: Option<usize>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was a future, held by polls; else a function, held by a call.
    pub future: bool,
    /// When it was made, or others asked for it: see [`Begins`].
    #[serde(rename = "created_s", with = "seconds")]
    pub created: Duration,
    /// When the program that ran it had read that others ask for it; left out where that
    /// has not been, or lanes begin with it or with being made.
    #[serde(
        rename = "read_s",
        default,
        with = "optional_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub read: Option<Duration>,
    /// When it first held a thread; none if it never did.
    #[serde(rename = "started_s", with = "optional_seconds")]
    pub started: Option<Duration>,
    /// When it last said how it would end; none if it did not.
    #[serde(rename = "said_s", with = "optional_seconds")]
    pub said: Option<Duration>,
    /// When it ended, whatever became of those that were made inside it; none
    /// if it was still going.
    #[serde(rename = "ended_s", with = "optional_seconds")]
    pub ended: Option<Duration>,
    /// For how long it held threads, added up. What it called counts as well,
    /// also where that is a lane of its own.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// For how long it held a thread at a time, at most.
    #[serde(rename = "longest_s", with = "seconds")]
    pub longest: Duration,
    /// How often it held a thread: polls of a future, or calls.
    pub polls: u64,
    /// When it held which thread. Where there are more than a picture could
    /// tell apart, neighbours are merged; `held_s` and `polls` stay exact. Of a
    /// lane that is not one of the fair choice, only those of 10 ms and longer.
    pub stretches: Vec<Stretch>,
}

/// How a requester ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It has what it asked for.
    Done,
    /// It ended with an error.
    Failed,
    /// It was dropped before its end: cancelled.
    Dropped,
    /// It ended, and nobody said how.
    Ended,
    /// It was still going when the recording was taken.
    Unfinished,
}

/// A time during which a requester held a thread: one poll or one call, or several
/// with gaps too small to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// The thread that was held.
    pub thread: usize,
    /// Whether that thread ran an event loop at that time, which could not turn
    /// meanwhile.
    pub on_loop: bool,
    /// When it began.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it ended.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
    /// For how long the thread was really held in between.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// How many polls or calls this stands for.
    pub polls: u64,
}

/// A time during which a requester held the thread of an event loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The `number` of the lane that held it: of several inside each other, the outermost.
    pub lane: usize,
    /// The lane inside of it that held the thread longest at a time; none if
    /// there was none.
    pub inner: Option<Inner>,
    /// The thread that was held.
    pub thread: usize,
    /// When it began.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it ended.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
    /// How long of that the thread was ready to run and had no core, at most: 0
    /// where the system does not tell.
    #[serde(rename = "core_wait_s", with = "seconds")]
    pub core_wait: Duration,
    /// Where in the source to look.
    pub place: Place,
}

/// A lane that held a thread while another one, which it was called by, held it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inner {
    /// Its `number`.
    pub lane: usize,
    /// For how long at a time, at most.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
}

/// Where in the source a stretch spent its time, as far as spans and events tell:
/// each a file and a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where the span is made.
    pub span: Option<String>,
    /// The event after which nothing was heard for longest; none if that was
    /// before the first event, or there was none.
    pub after: Option<String>,
    /// The event that ended this silence; none if the stretch ended first.
    pub before: Option<String>,
}

/// A time during which a requester could have gone on, and was not polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// The `number` of the lane that waited.
    pub lane: usize,
    /// When it was woken, or gave its thread back having been woken meanwhile.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it was polled.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
}

/// What a recording adds up to. Every lane counts, in the picture or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many there were.
    pub requesters: usize,
    /// How many of them have what they asked for.
    pub done: usize,
    /// How many of them ended with an error.
    pub failed: usize,
    /// How many of them were cancelled.
    pub dropped: usize,
    /// How many of them ended, and nobody said how.
    pub ended: usize,
    /// How many of them were still going.
    pub unfinished: usize,
    /// How many were under way at the same time, at most. A requester is under
    /// way from its first poll or call until it has said that it is done, or has ended.
    pub most_in_flight: usize,
    /// How many threads the requesters held.
    pub threads: usize,
    /// For how long threads were held, added up: a thread that was held by two
    /// requesters, one inside the other, was held once. Dropping a future holds a
    /// thread too, though it is no poll.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// For how long one of them held a thread at a time, at most.
    #[serde(rename = "longest_s", with = "seconds")]
    pub longest: Duration,
    /// From each one's first poll or call to its end, added up.
    #[serde(rename = "one_by_one_s", with = "seconds")]
    pub one_by_one: Duration,
    /// How often the thread of an event loop was held for 10 ms or longer, not
    /// counting what it waited for a core.
    pub blocks: usize,
    /// For how long, added up.
    #[serde(rename = "blocked_s", with = "seconds")]
    pub blocked: Duration,
    /// How often it was held as long, but only because the system had given the
    /// core to others.
    pub preempted: usize,
    /// For how long, added up.
    #[serde(rename = "preempted_s", with = "seconds")]
    pub preempted_for: Duration,
}

impl Lane {
    /// All that is counted from the beginning of the recording.
    fn moments(&mut self) -> impl Iterator<Item = &mut Duration> {
        let Self { created, read, started, said, ended, stretches, .. } = self;
        let known = [read, started, said, ended].into_iter().flatten();
        let stretches = stretches.iter_mut().flat_map(|it| [&mut it.from, &mut it.to]);
        [created].into_iter().chain(known).chain(stretches)
    }
}

impl Recording {
    /// The recording of these lanes: for programs that make one up. Its figures
    /// and its lists are what the lanes add up to.
    ///
    /// Lanes are numbered anew, in this order.
    pub fn of_lanes(elapsed: Duration, threads: Vec<Thread>, lanes: Vec<Lane>) -> Self {
        let mut recording = Self {
            elapsed,
            begins: Begins::Made,
            figures: Figures::default(),
            threads,
            lanes,
            blocked: Vec::new(),
            longest_on_loop: None,
            longest_wait: None,
            across_await: None,
        };
        for (number, lane) in recording.lanes.iter_mut().enumerate() {
            lane.number = number;
        }
        let mut on_loop = recording.held_on_loops();
        recording.longest_on_loop = on_loop.iter().max_by_key(|held| held.time()).cloned();
        on_loop.retain(|held| held.time() >= BLOCKED_AFTER);
        recording.blocked = on_loop;
        recording.blocked.sort_by_key(|held| held.from);
        recording.figures = recording.added_up();
        recording
    }

    /// The same from where its first lane begins to where its last one ends: a server may
    /// have waited for the first one for long, and after the last. As it is where it has
    /// no lanes, or not all of them.
    pub fn of_its_time(mut self) -> Self {
        let Some(from) = self.lanes.iter().map(|lane| lane.created).min() else { return self };
        if !self.is_whole() {
            return self;
        }
        let end = |lane: &Lane| lane.ended.unwrap_or(self.elapsed);
        let to = self.lanes.iter().map(end).max().unwrap_or(self.elapsed);
        self.elapsed = to.min(self.elapsed);
        let moments = self.lanes.iter_mut().flat_map(Lane::moments);
        let held = self.blocked.iter_mut().chain(&mut self.longest_on_loop);
        let held = held.chain(&mut self.across_await).flat_map(|it| [&mut it.from, &mut it.to]);
        let waited = self.longest_wait.iter_mut().flat_map(|it| [&mut it.from, &mut it.to]);
        for moment in moments.chain(held).chain(waited).chain([&mut self.elapsed]) {
            *moment = moment.saturating_sub(from);
        }
        self
    }

    /// The same without what it knows of lanes that are not in it.
    pub(crate) fn of_its_lanes(mut self) -> Self {
        let of_lane = |recording: &Self, held: &Held| recording.lane(held.lane).is_some();
        let mut blocked = std::mem::take(&mut self.blocked);
        blocked.retain(|held| of_lane(&self, held));
        self.blocked = blocked;
        self.across_await = self.across_await.take().filter(|held| of_lane(&self, held));
        self.longest_wait = self.longest_wait.take().filter(|it| self.lane(it.lane).is_some());
        self.longest_on_loop = self.held_on_loops().into_iter().max_by_key(Held::time);
        self.figures = self.added_up();
        self
    }

    /// Every stretch on an event loop's thread that is not inside another one there.
    fn held_on_loops(&self) -> Vec<Held> {
        let lanes = self.lanes.iter();
        let mut stretches: Vec<(usize, &Stretch)> =
            lanes.flat_map(|lane| lane.stretches.iter().map(move |it| (lane.number, it))).collect();
        // In merged ones the thread was free in between, nobody knows where.
        stretches.retain(|(_, stretch)| stretch.on_loop && stretch.polls <= 1);
        // On each thread the outer before the inner; who calls was made first.
        stretches.sort_by_key(|(lane, it)| (it.thread, it.from, Reverse(it.to), *lane));
        let mut outermost: Vec<Held> = Vec::new();
        for (lane, stretch) in stretches {
            let outer = outermost.last_mut().filter(|outer| {
                outer.thread == stretch.thread && stretch.from < outer.to && stretch.to <= outer.to
            });
            match outer {
                Some(outer) if outer.inner.as_ref().is_some_and(|it| it.held >= stretch.held) => {}
                Some(outer) => outer.inner = Some(Inner { lane, held: stretch.held }),
                None => outermost.push(Held {
                    lane,
                    inner: None,
                    thread: stretch.thread,
                    from: stretch.from,
                    to: stretch.to,
                    core_wait: Duration::ZERO,
                    place: Place {
                        span: self.lane(lane).and_then(|lane| lane.place.clone()),
                        ..Place::default()
                    },
                }),
            }
        }
        outermost
    }

    fn added_up(&self) -> Figures {
        let ended = |outcome| self.lanes.iter().filter(|lane| lane.outcome == outcome).count();
        let started = self.lanes.iter().filter_map(|lane| Some((lane.started?, lane.end(self))));
        Figures {
            requesters: self.lanes.len(),
            done: ended(Outcome::Done),
            failed: ended(Outcome::Failed),
            dropped: ended(Outcome::Dropped),
            ended: ended(Outcome::Ended),
            unfinished: ended(Outcome::Unfinished),
            most_in_flight: self.most_in_flight(),
            threads: self.threads_held().len(),
            held: self.threads_held().into_iter().map(|thread| self.thread_held(thread)).sum(),
            longest: self.lanes.iter().map(|lane| lane.longest).max().unwrap_or_default(),
            one_by_one: started.map(|(from, to)| to.saturating_sub(from)).sum(),
            blocks: self.blocked.len(),
            blocked: self.blocked.iter().map(Held::time).sum(),
            preempted: 0,
            preempted_for: Duration::ZERO,
        }
    }

    /// How many of its lanes were under way at the same time, at most: each until it said
    /// that it is done, unless it went on after that.
    pub(crate) fn most_in_flight(&self) -> usize {
        let under_way = |lane: &Lane| {
            let done = lane.said.filter(|_| lane.outcome == Outcome::Done);
            let done = done.filter(|done| lane.stretches.iter().all(|it| it.from <= *done));
            let end = lane.end(self);
            Some((lane.started?, done.map_or(end, |done| done.min(end))))
        };
        most_at_once(self.lanes.iter().filter_map(under_way))
    }

    /// For how long any lane held this thread.
    fn thread_held(&self, thread: usize) -> Duration {
        self.thread_held_within(thread, self.lanes.iter(), (Duration::ZERO, Duration::MAX))
    }

    /// For how long any of these lanes held this thread between two moments: by
    /// two of them, one inside the other, it was held once.
    pub(crate) fn thread_held_within<'a>(
        &self,
        thread: usize,
        lanes: impl Iterator<Item = &'a Lane>,
        (from, to): (Duration, Duration),
    ) -> Duration {
        let here = |stretch: &&Stretch| stretch.thread == thread;
        held_once(lanes.flat_map(|lane| &lane.stretches).filter(here), (from, to))
    }

    /// For how long any of these lanes held the event loop between two moments: what
    /// its thread did before the loop began, or after its end, does not count.
    pub(crate) fn loop_held_within<'a>(
        &self,
        lanes: impl Iterator<Item = &'a Lane>,
        (from, to): (Duration, Duration),
    ) -> Duration {
        let on_loop = |stretch: &&Stretch| stretch.on_loop;
        held_once(lanes.flat_map(|lane| &lane.stretches).filter(on_loop), (from, to))
    }

    /// Adds a stretch on the thread of an event loop that has not ended, unless it
    /// is known already.
    pub(crate) fn add_held(&mut self, held: Held, is_long: bool, slept: bool) {
        let longer = |than: &Option<Held>| than.as_ref().is_none_or(|it| it.time() < held.time());
        if slept {
            if longer(&self.across_await) {
                self.across_await = Some(held);
            }
            return;
        }
        let same = |other: &Held| (other.thread, other.from) == (held.thread, held.from);
        if is_long && !self.blocked.iter().any(same) {
            self.figures.blocks += 1;
            self.figures.blocked += held.time();
            self.blocked.push(held.clone());
        }
        if longer(&self.longest_on_loop) {
            self.longest_on_loop = Some(held);
        }
    }

    /// Who held the thread of an event loop at the moment of the recording, and had done so
    /// for 10 ms or longer: of several, whoever had held one for longest.
    pub fn held_now(&self) -> Option<&Held> {
        let now = self.blocked.iter().filter(|held| held.to == self.elapsed);
        now.min_by_key(|held| held.from)
    }

    /// The lane of this number, if it is in the recording.
    pub fn lane(&self, number: usize) -> Option<&Lane> {
        let place = self.lanes.binary_search_by_key(&number, |lane| lane.number).ok()?;
        self.lanes.get(place)
    }

    /// Whether every lane there was is in `lanes`.
    pub fn is_whole(&self) -> bool {
        self.lanes.len() == self.figures.requesters
    }

    /// The thread of this number.
    pub fn thread(&self, id: usize) -> Option<&Thread> {
        let place = self.threads.binary_search_by_key(&id, |thread| thread.id).ok()?;
        self.threads.get(place)
    }

    /// The threads that ran an event loop.
    pub fn event_loops(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().filter(|thread| thread.worker.is_some())
    }

    /// The one thread that ran an event loop; none if there was none, or more
    /// than one, or if it is a runtime's that may go on on another thread.
    pub fn event_loop(&self) -> Option<usize> {
        let mut loops = self.event_loops();
        let first = loops.next().filter(|thread| thread.worker.is_some_and(|it| it.stays))?;
        loops.next().is_none().then_some(first.id)
    }

    /// Whether the one lane was made inside the other, or inside one that was, and so on.
    pub fn is_inside(&self, lane: usize, outer: usize) -> bool {
        let mut parent = self.lane(lane).and_then(|lane| lane.parent);
        while let Some(number) = parent {
            if number == outer {
                return true;
            }
            // Parents are made first, so this comes to an end.
            parent = self.lane(number).and_then(|lane| lane.parent.filter(|it| *it < number));
        }
        false
    }

    /// The lanes that could not run because `held` was on the thread of their
    /// event loop: they ran on it at another time, were there before and after and
    /// not done yet, held no thread meanwhile, and neither called what held it nor
    /// were called by it.
    ///
    /// Nobody where the runtime has other workers that could have run them.
    pub fn kept_waiting<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = &'a Lane> {
        let alone = self.event_loop() == Some(held.thread);
        self.lanes.iter().filter(move |lane| alone && self.is_kept_by(lane, held))
    }

    fn is_kept_by(&self, lane: &Lane, held: &Held) -> bool {
        let done = lane.said.filter(|_| lane.outcome == Outcome::Done);
        let end = done.map_or(lane.end(self), |done| done.min(lane.end(self)));
        let known = self.known(lane).is_some_and(|known| known <= held.from);
        let there = known && end >= held.to;
        let meanwhile = |it: &Stretch| it.from < held.to && it.to > held.from;
        let here = |it: &Stretch| it.thread == held.thread && it.on_loop;
        there
            && !self.are_related(lane.number, held.lane)
            && !lane.stretches.iter().any(meanwhile)
            && lane.stretches.iter().any(here)
    }

    /// When the program that runs it knew of it.
    fn known(&self, lane: &Lane) -> Option<Duration> {
        if self.begins == Begins::Asked { lane.read } else { Some(lane.created) }
    }

    /// The lanes that others had asked for, and whose program had not read that, when
    /// `held` gave the thread of its event loop back.
    ///
    /// Nobody where the runtime has other workers that could have read it.
    pub fn unread<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = &'a Lane> {
        let alone = self.begins == Begins::Asked && self.event_loop() == Some(held.thread);
        let there = |lane: &Lane| lane.created < held.to && lane.end(self) > held.from;
        let unread = move |lane: &Lane| there(lane) && lane.read.is_none_or(|it| it >= held.to);
        self.lanes.iter().filter(move |lane| alone && unread(lane))
    }

    /// Whether no lane was there meanwhile but those that called what held the thread
    /// or were called by it. A task that it has spawned is there, and was not called.
    pub(crate) fn is_alone(&self, held: &Held) -> bool {
        let there = |lane: &Lane| lane.created < held.to && lane.end(self) > held.from;
        let on_it =
            |it: &Stretch| it.thread == held.thread && it.from < held.to && it.to > held.from;
        let called = |lane: &Lane| {
            self.are_related(lane.number, held.lane) && lane.stretches.iter().any(on_it)
        };
        self.lanes.iter().all(|lane| called(lane) || !there(lane))
    }

    /// Whether they are one, or one of them was made inside the other.
    fn are_related(&self, one: usize, other: usize) -> bool {
        one == other || self.is_inside(one, other) || self.is_inside(other, one)
    }

    /// The numbers of the threads that a requester held.
    pub fn threads_held(&self) -> Vec<usize> {
        let mut held: Vec<usize> =
            self.lanes.iter().flat_map(|lane| &lane.stretches).map(|it| it.thread).collect();
        held.sort_unstable();
        held.dedup();
        held
    }
}

impl Held {
    /// For how long.
    pub fn time(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }

    /// For how long, not counting what the thread waited for a core.
    pub fn own_time(&self) -> Duration {
        self.time().saturating_sub(self.core_wait)
    }
}

impl Wait {
    /// For how long.
    pub fn time(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

impl Lane {
    /// The end of its life, or of the recording if it was still going.
    pub fn end(&self, recording: &Recording) -> Duration {
        self.ended.unwrap_or(recording.elapsed)
    }

    /// What part of `from..to` it held a thread for: 1 is one thread all the time.
    pub fn share_held(&self, from: Duration, to: Duration) -> f64 {
        let held: Duration =
            self.stretches.iter().map(|stretch| stretch.held_within(from, to)).sum();
        held.as_secs_f64() / to.saturating_sub(from).as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Stretch {
    /// For how long the thread was held between `from` and `to`; the gaps of
    /// merged stretches are spread evenly.
    pub fn held_within(&self, from: Duration, to: Duration) -> Duration {
        let overlap = self.to.min(to).saturating_sub(self.from.max(from));
        if overlap.is_zero() {
            return Duration::ZERO;
        }
        let whole = self.to.saturating_sub(self.from);
        overlap.mul_f64((self.held.as_secs_f64() / whole.as_secs_f64()).min(1.0))
    }
}

/// For how long these stretches held their thread between two moments, where two of
/// them, one inside the other, held it once.
fn held_once<'a>(
    stretches: impl Iterator<Item = &'a Stretch>,
    (from, to): (Duration, Duration),
) -> Duration {
    let mut stretches: Vec<_> = stretches.collect();
    stretches.sort_by_key(|stretch| stretch.from);
    let (mut held, mut until) = (Duration::ZERO, from);
    for stretch in stretches {
        held += stretch.held_within(until.max(stretch.from), stretch.to.min(to));
        until = until.max(stretch.to);
    }
    held
}

/// How many of the intervals overlap, at most. One that ends where another
/// begins does not overlap it, and neither does one that takes no time.
fn most_at_once(intervals: impl Iterator<Item = (Duration, Duration)>) -> usize {
    let (lasting, instants): (Vec<_>, Vec<_>) = intervals.partition(|(from, to)| from < to);
    let lasting = lasting.into_iter();
    let mut changes: Vec<_> = lasting.flat_map(|(from, to)| [(from, true), (to, false)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, usize::from(!instants.is_empty()));
    for (_, begins) in changes {
        now = if begins { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    most
}

/// A duration as seconds, in JSON.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        time.as_secs_f64().serialize(to)
    }

    /// Reads it; fails if it is negative, or none that there can be.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// The same for a moment that may not have come.
pub mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(to)
    }

    /// Reads it; fails if it is negative, or none that there can be.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(from)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, ms, recording, recording_until};

    #[test]
    fn the_time_before_the_first_lane_and_after_the_last_can_be_left_out() {
        let at = |later: u64| {
            let lives = [([0, 50], [0, 20]), ([5, 90], [60, 90])];
            let lanes = lives.map(|(life, held)| {
                let [life, [from, to]] = [life, held].map(|it| it.map(|ms| ms + later));
                let mut lane = lane("R1", life, &[(1, from, to)]);
                (lane.read, lane.said) = (Some(lane.created), lane.ended);
                lane
            });
            lanes.into()
        };
        let until = |end, later| recording_until(ms(end), Some(1), at(later));
        let mut wanted = until(90, 0);
        let mut given = until(10_000, 7_000);
        assert_eq!(wanted.blocked.len(), 2);
        for (recording, later) in [(&mut wanted, 0), (&mut given, 7_000)] {
            let (from, to) = (ms(later + 20), ms(later + 60));
            recording.longest_wait = Some(Wait { lane: 1, from, to });
            recording.across_await = recording.blocked.first().cloned();
        }
        assert_eq!(given.clone().of_its_time(), wanted);
        given.lanes.pop();
        assert_eq!(given.clone().of_its_time(), given, "some lanes are not in it");
        let nobody = recording_until(ms(10), Some(1), Vec::new());
        assert_eq!(nobody.clone().of_its_time(), nobody);
    }

    #[test]
    fn of_those_who_held_the_loop_inside_of_another_the_longest_is_named() {
        for (inside, wanted) in [
            (vec![], None),
            (vec![("R2", 50, 90), ("R3", 100, 110)], Some(("R2", 40))),
            (vec![("R2", 50, 60), ("R3", 100, 140)], Some(("R3", 40))),
            (vec![("R2", 50, 60), ("R3", 100, 110)], Some(("R2", 10))),
            (vec![("R2", 0, 200)], Some(("R2", 200))),
            // It was called when the other one had ended.
            (vec![("R2", 200, 200)], None),
        ] {
            let inside =
                inside.iter().map(|(name, from, to)| lane(name, [0, 200], &[(1, *from, *to)]));
            let all = [lane("R1", [0, 200], &[(1, 0, 200)])].into_iter().chain(inside);
            let recording = recording(Some(1), all.collect());
            let [held] = recording.blocked.as_slice() else { panic!("{:?}", recording.blocked) };
            assert_eq!((held.lane, held.time()), (0, ms(200)));
            let inner = held.inner.as_ref();
            let inner = inner.map(|it| (recording.lane(it.lane).unwrap().name.as_str(), it.held));
            assert_eq!(inner, wanted.map(|(name, held)| (name, ms(held))));
        }
    }

    #[test]
    fn where_to_look_is_where_the_span_of_who_held_the_loop_is_made() {
        let mut one = lane("R1", [0, 200], &[(1, 0, 200)]);
        one.place = Some("src/main.rs:7".to_owned());
        let told = recording(Some(1), vec![one]).sentences();
        assert_eq!(told.last().unwrap(), "Where: in the span of src/main.rs:7.");
    }

    #[test]
    fn who_holds_a_loop_still_counts_once_and_where_it_slept_not_at_all() {
        let held = |lane, thread, from, to| Held {
            lane,
            inner: None,
            thread,
            from: ms(from),
            to: ms(to),
            core_wait: Duration::ZERO,
            place: Place::default(),
        };
        let mut recording = recording(Some(1), vec![lane("R1", [0, 400], &[(1, 100, 120)])]);
        let (long, slept) = (true, true);
        let mut after = |held, is_long, slept| {
            recording.add_held(held, is_long, slept);
            let who = |held: &Option<Held>| held.as_ref().map(|held| held.lane);
            let figures = &recording.figures;
            assert_eq!(figures.blocks, recording.blocked.len());
            let longest = [who(&recording.longest_on_loop), who(&recording.across_await)];
            (figures.blocks, figures.blocked, longest)
        };
        // It has ended meanwhile, and been counted.
        assert_eq!(after(held(1, 1, 100, 120), long, false), (1, ms(20), [Some(0), None]));
        assert_eq!(after(held(2, 1, 200, 215), long, false), (2, ms(35), [Some(0), None]));
        assert_eq!(after(held(3, 2, 200, 225), long, false), (3, ms(60), [Some(3), None]));
        assert_eq!(after(held(4, 2, 300, 326), false, false), (3, ms(60), [Some(4), None]));
        assert_eq!(after(held(9, 2, 350, 376), false, false), (3, ms(60), [Some(4), None]));
        assert_eq!(after(held(5, 1, 300, 330), long, slept), (3, ms(60), [Some(4), Some(5)]));
        assert_eq!(after(held(6, 2, 340, 350), long, slept), (3, ms(60), [Some(4), Some(5)]));
        assert_eq!(after(held(9, 2, 350, 380), long, slept), (3, ms(60), [Some(4), Some(5)]));
        assert_eq!(after(held(7, 2, 360, 391), false, slept), (3, ms(60), [Some(4), Some(7)]));
    }

    #[test]
    fn a_lane_is_inside_of_those_that_it_was_made_in() {
        let lane_in = |parent| Lane { parent, ..lane("R", [0, 200], &[]) };
        // A file may hold a recording in which two were made inside of each other.
        let parents = [None, Some(0), Some(1), Some(0), Some(4), Some(6), Some(5)];
        let recording = recording(None, parents.map(lane_in).into());
        let inside = |lane| -> Vec<usize> {
            (0..parents.len()).filter(|outer| recording.is_inside(lane, *outer)).collect()
        };
        let wanted: [&[usize]; 7] = [&[], &[0], &[0, 1], &[0], &[4], &[5, 6], &[5]];
        for (lane, wanted) in wanted.into_iter().enumerate() {
            assert_eq!(inside(lane), wanted, "{lane}");
        }
    }

    #[test]
    fn who_ran_on_the_loop_up_to_when_it_was_held_and_from_its_end_on_was_kept() {
        let kept = |held: &[_], on_loop| {
            let lanes = vec![lane("R1", [0, 300], &[(1, 100, 200)]), lane("R2", [0, 300], held)];
            let mut recording = recording(Some(1), lanes);
            recording.lanes[1].stretches.iter_mut().for_each(|it| it.on_loop &= on_loop);
            recording.kept_waiting(&recording.blocked[0]).count() == 1
        };
        assert!(kept(&[(1, 99, 100), (1, 200, 201)], true));
        assert!(!kept(&[(1, 99, 100), (2, 150, 151)], true));
        // The thread did something else then, before its loop began or after its end.
        assert!(!kept(&[(1, 99, 100), (1, 200, 201)], false));
    }

    #[test]
    fn times_are_read_as_seconds_and_only_such_as_there_can_be() {
        let read = |from: &str, started: &str| {
            let mut lane = serde_json::to_value(lane("R1", [0, 1], &[])).unwrap();
            lane["created_s"] = serde_json::from_str(from).unwrap();
            lane["started_s"] = serde_json::from_str(started).unwrap();
            let lane: Lane = serde_json::from_value(lane).ok()?;
            Some((lane.created, lane.started))
        };
        assert_eq!(read("0.25", "2"), Some((ms(250), Some(ms(2000)))));
        assert_eq!(read("0", "null"), Some((ms(0), None)));
        for wrong in ["-1", "1e300", "\"1\""] {
            assert_eq!((read(wrong, "2"), read("2", wrong)), (None, None), "{wrong}");
        }
    }
}
