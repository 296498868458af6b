//! The five strategies, in one place.

/// How the requests are made: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One thread, a blocking driver, one request after another.
    Sync,
    /// One thread, an event loop, all requests waiting together.
    Async,
    /// The same event loop, but a blocking driver inside it.
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
            Self::Sync => "db-sync",
            Self::Async => "db-async",
            Self::AsyncWithBlocking => "db-async-with-blocking",
            Self::Thread => "db-thread",
            Self::ThreadPool => "db-thread-pool",
        }
    }

    /// What it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Sync => "Slow queries, one after another on one thread",
            Self::Async => "Slow queries that wait together on one thread",
            Self::AsyncWithBlocking => "Slow queries that block the event loop they share",
            Self::Thread => "Slow queries, each on a thread of its own",
            Self::ThreadPool => "Slow queries, taken from a queue by a few threads",
        }
    }
}
