//! The six strategies, in one place.

/// How the primes are found: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One thread, one range after another.
    Sync,
    /// One thread per range.
    Thread,
    /// A fixed number of threads that take ranges from a queue.
    ThreadPool,
    /// Child processes, one per range, a fixed number at a time.
    Process,
    /// Async functions that compute on the event loop.
    Async,
    /// Async functions that hand the computing to a pool of threads.
    AsyncSpawnBlocking,
}

impl Strategy {
    /// All of them, in the order of the chapter.
    pub const ALL: [Self; 6] = [
        Self::Sync,
        Self::Thread,
        Self::ThreadPool,
        Self::Process,
        Self::Async,
        Self::AsyncSpawnBlocking,
    ];

    /// The name, which is also the name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "primes-sync",
            Self::Thread => "primes-thread",
            Self::ThreadPool => "primes-thread-pool",
            Self::Process => "primes-process",
            Self::Async => "primes-async",
            Self::AsyncSpawnBlocking => "primes-async-spawn-blocking",
        }
    }

    /// What it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Sync => "Primes in ranges, one after another on one thread",
            Self::Thread => "Primes in ranges, each on a thread of its own",
            Self::ThreadPool => "Primes in ranges, taken from a queue by a few threads",
            Self::Process => "Primes in ranges, each in a child process",
            Self::Async => "Primes in ranges that block the event loop they share",
            Self::AsyncSpawnBlocking => "Primes in ranges that leave the event loop free",
        }
    }

    /// Whether several threads or processes can work at the same time.
    pub fn has_workers(self) -> bool {
        !matches!(self, Self::Sync | Self::Async)
    }

    /// Whether a heartbeat shares the event loop with the ranges.
    pub fn has_heartbeat(self) -> bool {
        matches!(self, Self::Async | Self::AsyncSpawnBlocking)
    }
}
