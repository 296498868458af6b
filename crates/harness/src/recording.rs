//! What a run leaves behind: lanes, stretches, and the figures drawn from them.
//!
//! In JSON every time is a number of seconds since the run began (`…_s`), and
//! every thread is its number in `threads`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// All that was recorded of one run, up to the moment it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// From the start of the run to this recording.
    #[serde(rename = "elapsed_s", with = "seconds")]
    pub elapsed: Duration,
    /// The thread that runs a current-thread event loop; none without one.
    pub event_loop: Option<usize>,
    /// For how long a requester held that thread at a time, at most.
    #[serde(rename = "longest_on_loop_s", with = "seconds")]
    pub longest_on_loop: Duration,
    /// The threads that entered a lane, and before them the one that began the run.
    pub threads: Vec<Thread>,
    /// One lane per requester, in the order in which they were created.
    pub lanes: Vec<Lane>,
    /// Stretches that held the event loop's thread for 10 ms or longer.
    pub blocked: Vec<Blocked>,
}

/// An operating-system thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// 1 for the thread that began the run, then in order of appearance.
    pub id: usize,
    /// The name it was given, or `unnamed`.
    pub name: String,
}

/// One requester's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// What the requester is called, such as `R1`.
    pub name: String,
    /// What it asks for, such as a URL; none if its span does not say.
    pub asks: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was a future, held by polls; else a function, held by a call.
    /// Known once the lane has ended; of one that goes on, from its second poll on.
    pub future: bool,
    /// When it was ready to run.
    #[serde(rename = "created_s", with = "seconds")]
    pub created: Duration,
    /// When it first held a thread; none if it never did.
    #[serde(rename = "started_s", with = "optional_seconds")]
    pub started: Option<Duration>,
    /// When its span closed; none if it was still open.
    #[serde(rename = "ended_s", with = "optional_seconds")]
    pub ended: Option<Duration>,
    /// For how long it held a thread, in all.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// For how long it held a thread at a time, at most.
    #[serde(rename = "longest_s", with = "seconds")]
    pub longest: Duration,
    /// How often it held a thread: polls of a future, or calls.
    pub polls: u64,
    /// When it held which thread. Where there are more than a picture could
    /// tell apart, neighbours are merged; `held_s` and `polls` stay exact.
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
    /// It was still going when the recording was taken.
    Unfinished,
}

/// A time during which a requester held a thread: one poll or one call, or several
/// with gaps too small to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// The thread that was held; of merged ones, the one that was held longest.
    pub thread: usize,
    /// When it began.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it ended.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
    /// For how long a thread was really held in between.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// How many polls or calls this stands for.
    pub polls: u64,
}

impl Stretch {
    pub(crate) fn absorb(&mut self, next: Stretch) {
        if next.held > self.held {
            self.thread = next.thread;
        }
        self.to = self.to.max(next.to);
        self.held += next.held;
        self.polls += next.polls;
    }

    /// For how long a thread was held between `from` and `to`; the gaps of
    /// merged stretches are spread evenly.
    pub(crate) fn held_within(&self, from: Duration, to: Duration) -> Duration {
        let overlap = self.to.min(to).saturating_sub(self.from.max(from));
        let whole = self.to.saturating_sub(self.from);
        if overlap.is_zero() || whole.is_zero() {
            return Duration::ZERO;
        }
        overlap.mul_f64((self.held.as_secs_f64() / whole.as_secs_f64()).min(1.0))
    }
}

/// A time during which a requester held the event loop's thread, so that no
/// other task could run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// The lane that held it: an index into `lanes`.
    pub lane: usize,
    /// When it began.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it ended.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
}

impl Blocked {
    /// For how long.
    pub fn held(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

impl Lane {
    /// The end of its life, or of the recording if it was still going.
    pub fn end(&self, recording: &Recording) -> Duration {
        self.ended.unwrap_or(recording.elapsed)
    }

    /// Forgets what came after this moment.
    fn cut(&mut self, end: Duration) {
        self.ended = self.ended.map(|ended| ended.min(end));
        self.started = self.started.filter(|started| *started <= end);
        for stretch in self.stretches.iter_mut().filter(|stretch| stretch.to > end) {
            let later = stretch.held.saturating_sub(stretch.held_within(stretch.from, end));
            if stretch.held == self.longest {
                self.longest -= later;
            }
            self.held = self.held.saturating_sub(later);
            stretch.held -= later;
            stretch.to = end;
        }
        let later: u64 = self.stretches.iter().filter(|it| it.from > end).map(|it| it.polls).sum();
        self.polls -= later;
        self.stretches.retain(|stretch| stretch.from <= end);
    }

    /// What part of `from..to` it held a thread for, from 0 to 1.
    pub fn share_held(&self, from: Duration, to: Duration) -> f64 {
        let held: Duration =
            self.stretches.iter().map(|stretch| stretch.held_within(from, to)).sum();
        held.as_secs_f64() / to.saturating_sub(from).as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// The figures of a recording. They count every lane, drawn or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many there were.
    pub requesters: usize,
    /// How many of them have what they asked for.
    pub done: usize,
    /// How many of them ended with an error.
    pub failed: usize,
    /// How many of them were cancelled.
    pub dropped: usize,
    /// How many of them were still going.
    pub unfinished: usize,
    /// How many were under way at the same time, at most. A requester is under
    /// way from its first poll or call to its end.
    pub most_in_flight: usize,
    /// How many threads the requesters held.
    pub threads: usize,
    /// For how long they held a thread, added up.
    #[serde(rename = "held_s", with = "seconds")]
    pub held: Duration,
    /// For how long one of them held a thread at a time, at most.
    #[serde(rename = "longest_s", with = "seconds")]
    pub longest: Duration,
    /// From each one's first poll or call to its end, added up.
    #[serde(rename = "one_by_one_s", with = "seconds")]
    pub one_by_one: Duration,
    /// For how long the event loop was blocked, added up.
    #[serde(rename = "blocked_s", with = "seconds")]
    pub blocked: Duration,
}

impl Recording {
    /// Counts and adds up.
    pub fn figures(&self) -> Figures {
        let ended = |outcome| self.lanes.iter().filter(|lane| lane.outcome == outcome).count();
        let started = self.lanes.iter().filter_map(|lane| Some((lane.started?, lane.end(self))));
        Figures {
            requesters: self.lanes.len(),
            done: ended(Outcome::Done),
            failed: ended(Outcome::Failed),
            dropped: ended(Outcome::Dropped),
            unfinished: ended(Outcome::Unfinished),
            most_in_flight: most_at_once(started.clone()),
            threads: self.threads_held().len(),
            held: self.lanes.iter().map(|lane| lane.held).sum(),
            longest: self.lanes.iter().map(|lane| lane.longest).max().unwrap_or_default(),
            one_by_one: started.map(|(from, to)| to.saturating_sub(from)).sum(),
            blocked: self.blocked.iter().map(Blocked::held).sum(),
        }
    }

    /// The same recording as if it had been taken at this moment.
    pub(crate) fn up_to(mut self, end: Duration) -> Self {
        self.elapsed = end;
        self.lanes.retain(|lane| lane.created <= end);
        self.lanes.iter_mut().for_each(|lane| lane.cut(end));
        self.blocked.retain(|blocked| blocked.from < end);
        self.blocked.iter_mut().for_each(|blocked| blocked.to = blocked.to.min(end));
        self
    }

    /// The lanes that were alive while `blocked` held the event loop: those it kept waiting.
    pub fn kept_waiting(&self, blocked: &Blocked) -> impl Iterator<Item = &Lane> {
        let alive = move |lane: &Lane| lane.created < blocked.to && lane.end(self) > blocked.from;
        let others = self.lanes.iter().enumerate().filter(move |(index, _)| *index != blocked.lane);
        others.map(|(_, lane)| lane).filter(move |lane| alive(lane))
    }

    /// The numbers of the threads that a requester held.
    pub(crate) fn threads_held(&self) -> Vec<usize> {
        let mut held = vec![false; self.threads.len() + 1];
        for stretch in self.lanes.iter().flat_map(|lane| &lane.stretches) {
            held[stretch.thread] = true;
        }
        (0..held.len()).filter(|thread| held[*thread]).collect()
    }
}

/// How many of the intervals overlap, at most. One that ends where another
/// begins does not overlap it.
fn most_at_once(intervals: impl Iterator<Item = (Duration, Duration)>) -> usize {
    let lasting = intervals.filter(|(from, to)| from < to);
    let mut changes: Vec<_> = lasting.flat_map(|(from, to)| [(from, true), (to, false)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, begins) in changes {
        now = if begins { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    most
}

/// A duration as seconds, in JSON.
pub(crate) mod seconds {
    use super::*;
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// The same for a moment that may not have come.
pub(crate) mod optional_seconds {
    use super::*;
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(from)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
    }
}
