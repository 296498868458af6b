//! The five strategies, in one place.

/// How the requests are made: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One thread, a blocking client, one request after another.
    Sync,
    /// One thread, an event loop, all requests of a phase waiting together.
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
            Self::Sync => "stats-sync",
            Self::Async => "stats-async",
            Self::AsyncWithBlocking => "stats-async-with-blocking",
            Self::Thread => "stats-thread",
            Self::ThreadPool => "stats-thread-pool",
        }
    }

    /// What it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Sync => "Averages and sums of big tables, one after another on one thread",
            Self::Async => "Averages and sums of big tables that wait together on one thread",
            Self::AsyncWithBlocking => {
                "Averages and sums of big tables that block the event loop they share"
            }
            Self::Thread => "Averages and sums of big tables, each on a thread of its own",
            Self::ThreadPool => {
                "Averages and sums of big tables, taken from a queue by a few threads"
            }
        }
    }
}
