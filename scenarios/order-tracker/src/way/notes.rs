//! What the courier and its watchers note themselves.

use std::num::{NonZeroU64, NonZeroU128};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lens::TraceParent;

use super::Station;
use super::station::{Log, Mark};

/// As many of a ride's marks are kept: a second between two positions and a hundred
/// watchers make some 50,000 of a ride.
const MOST_MARKS: usize = 65_536;

/// Of the one order whose positions are followed.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    pub(crate) trace: NonZeroU128,
    order: Arc<OnceLock<String>>,
    log: Arc<Mutex<Log>>,
}

impl Notes {
    pub(crate) fn new() -> Self {
        // One in 2^128 is none.
        let trace = NonZeroU128::new(fastrand::u128(..)).unwrap_or(NonZeroU128::MIN);
        Self { trace, order: Arc::default(), log: Arc::default() }
    }

    /// Says which order that is.
    pub(crate) fn begin(&self, order: &str) {
        // There is one ride, and it opens one order.
        let _ = self.order.set(order.to_owned());
    }

    /// Somebody who asks is told of this position, if it is of the order.
    pub(crate) fn told(&self, order: &str, sequence: u64) {
        if self.order.get().is_some_and(|it| it == order) {
            self.note(Station::Told, sequence);
        }
    }

    /// What the courier sees now.
    pub(crate) fn note(&self, station: Station, sequence: u64) {
        self.log().add(Mark::now(station, sequence, None), MOST_MARKS);
    }

    /// What one of its watchers has read now.
    pub(crate) fn read(&self, sequence: u64, watcher: u64) {
        self.log().add(Mark::now(Station::Read, sequence, Some(watcher)), MOST_MARKS);
    }

    /// What requests are sent with: those of a watcher with its number, those of the
    /// courier with one that no watcher has.
    pub(crate) fn traceparent(&self, watcher: Option<u64>) -> String {
        let span = watcher.and_then(NonZeroU64::new).unwrap_or(NonZeroU64::MAX);
        TraceParent { trace: self.trace, span }.to_string()
    }

    pub(crate) fn taken(&self) -> Log {
        self.log().clone()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
