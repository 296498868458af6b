//! How long a statement may take in SQLite, which knows no such limit itself: it asks
//! now and then whether to go on, and is told no once the time is over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After so many steps of its virtual machine SQLite asks: many times in a millisecond,
/// and too seldom to be felt.
pub(crate) const STEPS_A_QUESTION: i32 = 1_000;

/// What one connection's statements may take.
#[derive(Default)]
pub(crate) struct Limit {
    time: Option<Duration>,
    ends: Arc<Mutex<Option<Instant>>>,
}

impl Limit {
    /// Sets the limit, and gives what SQLite asks: whether the time of the statement
    /// under way is over.
    pub(crate) fn set(&mut self, time: Duration) -> impl FnMut() -> bool + Send + 'static {
        self.time = Some(time);
        let ends = Arc::clone(&self.ends);
        move || lock(&ends).is_some_and(|end| Instant::now() >= end)
    }

    /// A statement begins.
    pub(crate) fn begin(&self) {
        *lock(&self.ends) = self.time.and_then(|time| Instant::now().checked_add(time));
    }

    /// It has ended. One that nobody waits for any more has not, and keeps its limit.
    pub(crate) fn end(&self) {
        *lock(&self.ends) = None;
    }
}

/// Nothing that is done under this lock can panic half-way.
fn lock(ends: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}
