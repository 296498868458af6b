//! How long a test waits.

use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for what should happen soon, before a test fails. Machines that
/// have other things to do are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until it is so.
///
/// # Panics
///
/// When it is still not so after [`PATIENCE`].
#[track_caller]
pub fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_within(PATIENCE, what, is_so);
}

/// The same with another patience.
///
/// # Panics
///
/// When it is still not so after that.
#[track_caller]
pub fn until_within(patience: Duration, what: &str, is_so: impl FnMut() -> bool) {
    assert!(is_so_within(patience, is_so), "still not so after {patience:?}: {what}");
}

/// Looks again and again until it is so, or until there has been enough time for it.
pub(crate) fn is_so_within(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > patience {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}
