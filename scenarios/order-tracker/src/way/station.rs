//! What there is to see of a position on its way, and how it is written down.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Two looks at the clock at the same moment are as close as this, in microseconds.
pub(crate) const AT_ONCE: u64 = web_service::AT_ONCE.as_micros() as u64;

/// Something that a program has seen of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Station {
    /// The courier begins to send it to the tracker.
    Sent,
    /// The courier lays it out for whoever asks.
    LaidOut,
    /// The courier has told it to somebody who asked.
    Told,
    /// The courier had no good answer to it.
    NotDelivered,
    /// An instance has read it, and hands it to where orders are kept.
    Came,
    /// It was the newest there, the instance is told.
    Taken,
    /// A newer one was there, or this one, the instance is told.
    Older,
    /// An instance hears it from Redis, and its watchers can see it.
    Heard,
    /// An instance hears it from Redis, and had a newer one, or this one.
    HeardAgain,
    /// An instance begins to look after a watcher. That is of no position: its `sequence` is 0.
    Watches,
    /// An instance begins to write it to a watcher's socket.
    Begun,
    /// The socket has all of it.
    Written,
    /// The watcher has read it.
    Read,
}

/// One such sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) station: Station,
    pub(crate) sequence: u64,
    /// What the courier calls the watcher; none where it is of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) watcher: Option<u64>,
    /// By the system's clock: microseconds since 1970.
    pub(crate) at_us: u64,
}

impl Mark {
    /// What is seen now.
    pub(crate) fn now(station: Station, sequence: u64, watcher: Option<u64>) -> Self {
        Self { station, sequence, watcher, at_us: now_us() }
    }
}

/// By the clock that every program on this machine has.
pub(crate) fn now_us() -> u64 {
    u64::try_from(web_service::clock().as_micros()).unwrap_or(u64::MAX)
}

/// The newest marks, as many as there is room for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Log {
    pub(crate) marks: VecDeque<Mark>,
    /// Up to this moment marks may be missing; none if all are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forgotten_us: Option<u64>,
}

impl Log {
    /// Adds one, and forgets the oldest where there are more than `most`.
    pub(crate) fn add(&mut self, mark: Mark, most: usize) {
        self.marks.push_back(mark);
        if self.marks.len() > most {
            let oldest = self.marks.pop_front().map(|mark| mark.at_us);
            self.forgotten_us = self.forgotten_us.max(oldest);
        }
    }
}

/// What an instance answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Its clock, when it answered.
    pub(crate) now_us: u64,
    /// Whether its orders are in Redis.
    pub(crate) is_shared: bool,
    #[serde(flatten)]
    pub(crate) log: Log,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_forgets_the_oldest_and_says_so() {
        let mut log = Log::default();
        let add = |log: &mut Log, at_us| {
            let mark = Mark { station: Station::Came, sequence: at_us, watcher: None, at_us };
            log.add(mark, 2);
        };
        add(&mut log, 1);
        add(&mut log, 2);
        assert_eq!((log.marks.len(), log.forgotten_us), (2, None));
        add(&mut log, 3);
        assert_eq!((log.marks.len(), log.marks[0].at_us, log.forgotten_us), (2, 2, Some(1)));
    }
}
