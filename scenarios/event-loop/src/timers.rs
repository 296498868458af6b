//! Timers: futures that are done at a moment, and the order in which they wake
//! their tasks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::telling;

/// Longer sleeps end here, so that no moment is too late to be told: 30 years.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Which waker is to be called when, earliest first.
///
/// A heap would give the earliest too. A map can also let go of one in the
/// middle, when its future is dropped.
pub struct Timers {
    start: Instant,
    made: Cell<u64>,
    wakers: RefCell<BTreeMap<Deadline, Waker>>,
}

/// A moment; equal ones come in the order in which they were asked for.
type Deadline = (Instant, u64);

impl Timers {
    /// Timers that tell moments from now on.
    #[expect(clippy::new_without_default, reason = "it begins now, and a default would not say so")]
    pub fn new() -> Self {
        Self { start: Instant::now(), made: Cell::new(0), wakers: RefCell::default() }
    }

    /// A future that is done once this time has passed, counted from now.
    pub fn sleep(&self, time: Duration) -> Sleep<'_> {
        self.made.set(self.made.get() + 1);
        let deadline = (Instant::now() + time.min(LONGEST), self.made.get());
        Sleep { timers: self, deadline }
    }

    /// The time until the earliest deadline; none if nobody waits.
    pub(crate) fn until_next(&self) -> Option<Duration> {
        let wakers = self.wakers.borrow();
        wakers.keys().next().map(|(next, _)| next.saturating_duration_since(Instant::now()))
    }

    /// Calls the wakers whose moment has come, earliest first.
    pub(crate) fn wake_due(&self) {
        let now = (Instant::now(), u64::MAX);
        let later = self.wakers.borrow_mut().split_off(&now);
        for waker in self.wakers.replace(later).into_values() {
            waker.wake();
        }
    }
}

/// Waits for a moment.
#[must_use = "futures do nothing unless they are awaited or polled"]
pub struct Sleep<'a> {
    timers: &'a Timers,
    deadline: Deadline,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (moment, _) = self.deadline;
        if moment <= Instant::now() {
            return Poll::Ready(());
        }
        telling::waits_until(moment - self.timers.start);
        self.timers.wakers.borrow_mut().insert(self.deadline, context.waker().clone());
        Poll::Pending
    }
}

/// Nobody is woken for what nobody waits for any more.
impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.timers.wakers.borrow_mut().remove(&self.deadline);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use std::task::Wake;

    use super::*;

    /// Writes its number down when it is called.
    struct Called(u32, Arc<Mutex<Vec<u32>>>);

    impl Wake for Called {
        fn wake(self: Arc<Self>) {
            self.1.lock().expect("nobody panics with it").push(self.0);
        }
    }

    #[test]
    fn equal_deadlines_come_in_the_order_in_which_they_were_asked_for() {
        let (timers, calls) = (Timers::new(), Arc::default());
        let moment = Instant::now() + Duration::from_millis(50);
        let mut sleeps =
            [1, 2, 3].map(|number| Sleep { timers: &timers, deadline: (moment, number) });
        // The order in which they are polled is another one.
        for place in [2, 0, 1] {
            let called = Called(place as u32 + 1, Arc::clone(&calls));
            let waker = Waker::from(Arc::new(called));
            let polled = Pin::new(&mut sleeps[place]).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        timers.wake_due();
        assert!(calls.lock().unwrap().is_empty(), "it is not yet time");
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        timers.wake_due();
        assert_eq!(*calls.lock().unwrap(), [1, 2, 3]);
        timers.wake_due();
        assert_eq!(calls.lock().unwrap().len(), 3, "each is called once");
    }

    #[test]
    fn the_next_deadline_is_the_earliest() {
        let timers = Timers::new();
        let mut sleeps = [30, 10, 20].map(|seconds| timers.sleep(Duration::from_secs(seconds)));
        for sleep in &mut sleeps {
            assert!(Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert!(timers.until_next() <= Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_dropped_sleep_leaves_nothing_behind() {
        let timers = Timers::new();
        let waker = Waker::noop();
        let mut sleep = Box::pin(timers.sleep(Duration::from_secs(60)));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        assert!(timers.until_next().is_some());
        drop(sleep);
        assert_eq!(timers.until_next(), None);
    }

    #[test]
    fn a_sleep_that_is_polled_again_calls_the_newest_waker() {
        let (timers, calls) = (Timers::new(), Arc::default());
        let mut sleep = pin!(timers.sleep(Duration::from_millis(20)));
        for number in 1..=2 {
            let waker = Waker::from(Arc::new(Called(number, Arc::clone(&calls))));
            assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        std::thread::sleep(Duration::from_millis(25));
        timers.wake_due();
        assert_eq!(*calls.lock().unwrap(), [2]);
    }
}
