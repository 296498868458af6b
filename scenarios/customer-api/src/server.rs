//! The three servers, in one place.

/// What becomes of a thread while the database is asked: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The look-up waits, and the event loop turns to another request.
    Async,
    /// The look-up blocks, and with it the thread of the event loop.
    AsyncWithBlocking,
    /// The look-up blocks a thread of a pool, and the event loop waits for that.
    ThreadPool,
}

impl Server {
    /// All of them, in the order of the chapter.
    pub const ALL: [Self; 3] = [Self::Async, Self::AsyncWithBlocking, Self::ThreadPool];

    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Async => "customers-async",
            Self::AsyncWithBlocking => "customers-async-with-blocking",
            Self::ThreadPool => "customers-thread-pool",
        }
    }

    /// What it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Async => "Customers over HTTP, by look-ups that leave the event loop free",
            Self::AsyncWithBlocking => {
                "Customers over HTTP, by look-ups that block the event loop they share"
            }
            Self::ThreadPool => "Customers over HTTP, by look-ups that block threads of a pool",
        }
    }
}
