//! The five strategies, and what a scenario calls its programs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// How the requests are made: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One thread, a blocking client, one request after another.
    Sync,
    /// One thread, an event loop, all requests waiting together.
    Async,
    /// The same event loop, but a blocking client inside it.
    AsyncWithBlocking,
    /// One thread per request.
    Thread,
    /// A fixed number of threads that take requests from a queue.
    ThreadPool,
}

impl Strategy {
    /// All of them, in the order of the chapters.
    pub const ALL: [Self; 5] =
        [Self::Sync, Self::Async, Self::AsyncWithBlocking, Self::Thread, Self::ThreadPool];

    /// The name, such as `async`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
            Self::AsyncWithBlocking => "async-with-blocking",
            Self::Thread => "thread",
            Self::ThreadPool => "thread-pool",
        }
    }

    /// How it makes them, as the end of a sentence.
    pub fn how(self) -> &'static str {
        match self {
            Self::Sync => "one after another on one thread",
            Self::Async => "that wait together on one thread",
            Self::AsyncWithBlocking => "that block the event loop they share",
            Self::Thread => "each on a thread of its own",
            Self::ThreadPool => "taken from a queue by a few threads",
        }
    }

    /// How many of `requests` are under way at the same time, at most, when a
    /// pool has so many workers.
    pub fn at_once(self, requests: usize, workers: usize) -> usize {
        match self {
            Self::Sync | Self::AsyncWithBlocking => 1,
            Self::Async | Self::Thread => requests,
            Self::ThreadPool => workers.min(requests),
        }
    }

    /// How long requests of these delays take if nothing but the delays takes
    /// time: whoever is free takes the next one.
    pub fn ideal(self, delays: &[Duration], workers: usize) -> Duration {
        let at_once = self.at_once(delays.len(), workers);
        let mut free_at: BinaryHeap<_> = vec![Reverse(Duration::ZERO); at_once].into();
        for delay in delays {
            let Reverse(free) = free_at.pop().unwrap_or_default();
            free_at.push(Reverse(free.saturating_add(*delay)));
        }
        free_at.into_iter().map(|Reverse(free)| free).max().unwrap_or_default()
    }
}

/// What a scenario calls its programs: one for each strategy.
#[derive(Debug, Clone, Copy)]
pub struct Programs {
    /// What stands before the strategy's name, such as `db-`; nothing for none.
    pub prefix: &'static str,
    /// What all of them make, such as `Slow queries`.
    pub subject: &'static str,
}

impl Programs {
    /// The name of a strategy's program, such as `db-async`.
    pub fn name(&self, strategy: Strategy) -> String {
        format!("{}{}", self.prefix, strategy.name())
    }

    /// What a strategy's program is, in one line.
    pub fn about(&self, strategy: Strategy) -> String {
        let comma = match strategy {
            Strategy::Async | Strategy::AsyncWithBlocking => "",
            Strategy::Sync | Strategy::Thread | Strategy::ThreadPool => ",",
        };
        format!("{}{comma} {}", self.subject, strategy.how())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ideal_is_what_the_delays_alone_would_take() {
        let ideal = |seconds: &[u64], workers| {
            let delays: Vec<Duration> =
                seconds.iter().map(|seconds| Duration::from_secs(*seconds)).collect();
            Strategy::ALL.map(|strategy| strategy.ideal(&delays, workers).as_secs())
        };
        assert_eq!(ideal(&[10, 2, 5], 2), [17, 10, 17, 10, 10]);
        assert_eq!(ideal(&[1, 1, 1, 1, 1], 2), [5, 1, 5, 1, 3]);
        // The first free worker takes the next request, even if a longer one comes later.
        assert_eq!(ideal(&[2, 3, 4, 1], 2), [10, 4, 10, 4, 6]);
        assert_eq!(ideal(&[], 2), [0; 5]);
    }
}
