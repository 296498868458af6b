//! The five strategies, in one place.

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
    /// All of them, in the order of the chapter.
    pub const ALL: [Self; 5] =
        [Self::Sync, Self::Async, Self::AsyncWithBlocking, Self::Thread, Self::ThreadPool];

    /// The name, which is also the name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
            Self::AsyncWithBlocking => "async-with-blocking",
            Self::Thread => "thread",
            Self::ThreadPool => "thread-pool",
        }
    }

    /// What it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Sync => "Slow requests, one after another on one thread",
            Self::Async => "Slow requests that wait together on one thread",
            Self::AsyncWithBlocking => "Slow requests that block the event loop they share",
            Self::Thread => "Slow requests, each on a thread of its own",
            Self::ThreadPool => "Slow requests, taken from a queue by a few threads",
        }
    }

    /// How many of `requests` are under way at the same time, at most.
    pub(crate) fn at_once(self, requests: usize, workers: usize) -> usize {
        match self {
            Self::Sync | Self::AsyncWithBlocking => 1,
            Self::Async | Self::Thread => requests,
            Self::ThreadPool => workers.min(requests),
        }
    }
}
