//! How long a thread was ready to run and had no core: then it was the system
//! that kept it, and not what the thread does.
//!
//! A span's enter and exit cannot tell the two apart. Linux counts for each
//! thread how long it stood in the queue for a core, in the second number of
//! `/proc/thread-self/schedstat`, in nanoseconds. Reading it takes a microsecond
//! or two, so it is read now and then, and again when a stretch was long. In a
//! virtual machine the time for which its host took the core away does not count.

use crate::clock::{Clock, Moment};

/// The number is read again before a stretch if it is older than this: by so
/// much, at most, a stretch may be taken for shorter than it was.
const FRESH: Moment = 2_000_000;

/// A look at the counter takes no longer, unless the core is lost meanwhile.
const AT_ONCE: Moment = 500_000;

/// How often to look before giving up on that.
const LOOKS: usize = 4;

/// What a thread knows of its own waits for a core.
#[derive(Default)]
pub(crate) struct CoreWait {
    counter: Option<system::Counter>,
    /// What it counted, and when that was read.
    read: Option<(Moment, Moment)>,
    /// When to read it again.
    looks_again: Moment,
}

impl CoreWait {
    /// Gives the moment at which a stretch begins on the calling thread, and whether
    /// the last look was long ago. It comes after the look at the counter, so that no
    /// wait falls between the two.
    pub(crate) fn begin(&mut self, clock: &Clock) -> (Moment, bool) {
        let now = clock.now();
        let was_long_ago = now >= self.looks_again;
        if !was_long_ago {
            return (now, false);
        }
        self.looks_again = now + FRESH;
        (self.read(clock).map_or_else(|| clock.now(), |(_, at)| at), true)
    }

    /// What was counted when it was read last; none where the system does not tell.
    pub(crate) fn counted(&self) -> Option<Moment> {
        self.read.map(|(counted, _)| counted)
    }

    /// A stretch ends, before which so much was counted. Gives the moment at which it does,
    /// and how long, at most, the thread waited for a core meanwhile.
    pub(crate) fn end(&mut self, before: Moment, clock: &Clock) -> Option<(Moment, Moment)> {
        let (counted, at) = self.read(clock)?;
        Some((at, counted.saturating_sub(before)))
    }

    /// Gives what was counted, and the moment after that. Whoever loses the core
    /// between the two looks once more: else the wait would be on one side alone.
    fn read(&mut self, clock: &Clock) -> Option<(Moment, Moment)> {
        if self.counter.is_none() {
            self.counter = system::Counter::open();
        }
        let counter = self.counter.as_ref()?;
        for _ in 0..LOOKS {
            let before = clock.now();
            let counted = counter.read()?;
            let at = clock.now();
            self.read = Some((counted, at));
            self.looks_again = at + FRESH;
            if at.saturating_sub(before) < AT_ONCE {
                break;
            }
        }
        self.read
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use crate::clock::Moment;

    pub(super) struct Counter(File);

    impl Counter {
        /// The one of the calling thread.
        pub(super) fn open() -> Option<Self> {
            File::open("/proc/thread-self/schedstat").ok().map(Self)
        }

        pub(super) fn read(&self) -> Option<Moment> {
            let mut text = [0; 96];
            let length = self.0.read_at(&mut text, 0).ok()?;
            let text = std::str::from_utf8(&text[..length]).ok()?;
            text.split_whitespace().nth(1)?.parse().ok()
        }
    }
}

/// Other systems do not tell it without more ado.
#[cfg(not(target_os = "linux"))]
mod system {
    use crate::clock::Moment;

    pub(super) struct Counter;

    impl Counter {
        pub(super) fn open() -> Option<Self> {
            None
        }

        pub(super) fn read(&self) -> Option<Moment> {
            None
        }
    }
}
