//! How many watchers an instance has room for.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::orders::Trouble;

/// What is left for all else, of the files that the system lets a program have: those
/// who deliver, those who are refused, Redis, and a third party.
const SPARE: u64 = 256;

/// Places for watchers, whatever they watch.
///
/// Without a bound, a crowd takes every file that the system lets this program have.
/// Then nobody can connect any more, and who delivers is not even refused.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    free: Arc<Semaphore>,
    most: usize,
}

impl Sockets {
    /// As many as are asked for, or as there are files for, of which each takes `cost`.
    pub(crate) fn new(asked: Option<usize>, files: u64, cost: u64) -> Self {
        let most = asked.unwrap_or_else(|| default(files, cost)).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(most)), most }
    }

    /// A place, until it is dropped.
    pub(crate) fn take(&self) -> Result<OwnedSemaphorePermit, Trouble> {
        let place = Arc::clone(&self.free).try_acquire_owned();
        place.map_err(|_| Trouble::NoPlace(self.most))
    }
}

/// Where there are few files, half of them are spared.
fn default(files: u64, cost: u64) -> usize {
    let most = files.saturating_sub(SPARE).max(files / 2) / cost;
    usize::try_from(most).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_watchers_leave_some_of_the_files_to_others() {
        assert_eq!(default(20_000, 1), 19_744);
        assert_eq!(default(20_000, 2), 9_872);
        assert_eq!(default(300, 1), 150);
        assert_eq!(default(1, 2), 1);
        assert!(Sockets::new(None, u64::MAX, 1).most >= 1 << 30);
    }

    #[test]
    fn a_place_that_is_given_back_can_be_taken_again() {
        let sockets = Sockets::new(Some(1), 0, 1);
        let place = sockets.take().unwrap();
        assert_eq!(sockets.take().unwrap_err(), Trouble::NoPlace(1));
        drop(place);
        assert!(sockets.take().is_ok());
    }
}
