//! The time of a recording: nanoseconds since it began, until it is stopped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the recording began: half of a `Duration`, and there are many.
pub(crate) type Moment = u64;

/// No moment: none of them has come by then.
pub(crate) const NEVER: Moment = Moment::MAX;

/// Shorter than this is what dropping a future takes, and what it may take to
/// notice it.
pub(crate) const INSTANT: Moment = 1_000_000;

/// How often both clocks are looked at, for the time that they show at once.
const LOOKS: usize = 5;

pub(crate) struct Clock {
    epoch: Instant,
    stopped: AtomicU64,
}

impl Clock {
    /// A clock whose time zero is now.
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now(), stopped: AtomicU64::new(NEVER) }
    }

    /// The time now, or at which the clock was stopped.
    pub(crate) fn now(&self) -> Moment {
        // It lasts for five hundred years.
        let now = self.epoch.elapsed().as_nanos() as Moment;
        now.min(self.stopped.load(Ordering::Relaxed))
    }

    /// Stops it, unless it stands still already.
    pub(crate) fn stop(&self) {
        let now = self.now();
        let _ = self.stopped.compare_exchange(NEVER, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// As if another thread had stopped it at this moment, and only now come to say so.
    #[cfg(test)]
    pub(crate) fn stop_at(&self, moment: Moment) {
        self.stopped.store(moment, Ordering::Relaxed);
    }

    /// Where its zero lies on the system's clock, as that stands now: since 1970.
    pub(crate) fn began(&self) -> Duration {
        let look = || {
            let (before, there, after) = (Instant::now(), SystemTime::now(), Instant::now());
            let since = (before + (after - before) / 2) - self.epoch;
            let there = there.duration_since(UNIX_EPOCH).unwrap_or_default();
            (after - before, there.saturating_sub(since))
        };
        // Who loses the core in between sees a time that has passed.
        let looks = std::iter::repeat_with(look).take(LOOKS);
        looks.min_by_key(|(took, _)| *took).map(|(_, began)| began).unwrap_or_default()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) != NEVER
    }
}

pub(crate) fn time(moment: Moment) -> Duration {
    Duration::from_nanos(moment)
}
