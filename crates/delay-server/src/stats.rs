//! The figures of a server, and the places it has for requests that wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use serde::Serialize;

use crate::board::{Board, Number, shown};
use crate::visits::{Visit, Visits};

/// What a server has done since it started. All are counts of requests.
///
/// `GET /stats` answers them as JSON under the same names:
/// `{"in_flight":1,"most_in_flight":3,"answered":2,"rejected":0,"given_up":0}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Waiting now.
    pub in_flight: usize,
    /// The most that have ever waited at once.
    pub most_in_flight: usize,
    /// Waited to the end and answered with 200.
    pub answered: u64,
    /// Refused with a sentence: bad seconds, an unknown route or character, a
    /// character that gives trouble, another method than `GET` and `HEAD`, or no
    /// place left.
    pub rejected: u64,
    /// Ended before the wait was over: the client hung up, or the server was
    /// stopped and its grace period had passed.
    pub given_up: u64,
}

/// The figures as they grow, the requests behind them, and the bound on those
/// in flight.
///
/// One lock and not five atomics: a snapshot never shows a request that has
/// left its place and is not yet counted as answered.
#[derive(Debug)]
pub(crate) struct Counts {
    counted: Mutex<Counted>,
    max_in_flight: usize,
    keeps_visits: bool,
}

#[derive(Debug, Default)]
struct Counted {
    stats: Stats,
    board: Board,
    /// None where nobody asks for them.
    visits: Option<Visits>,
}

impl Counts {
    pub(crate) fn new(max_in_flight: usize, max_visits: usize) -> Self {
        let keeps_visits = max_visits > 0;
        let visits = keeps_visits.then(|| Visits::new(max_visits));
        let counted = Mutex::new(Counted { visits, ..Counted::default() });
        Self { counted, max_in_flight, keeps_visits }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.lock().stats
    }

    pub(crate) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Whether a place is free.
    pub(crate) fn has_place(&self) -> bool {
        self.stats().in_flight < self.max_in_flight
    }

    /// Takes a place, unless all are taken. Give it back with [`Self::leave`].
    #[must_use]
    pub(crate) fn enter(&self, uri: &Uri, asked: Duration) -> Option<Number> {
        let (query, target) = (shown(uri), self.target(uri));
        let Counted { stats, board, visits } = &mut *self.lock();
        if stats.in_flight >= self.max_in_flight {
            return None;
        }
        stats.in_flight += 1;
        stats.most_in_flight = stats.most_in_flight.max(stats.in_flight);
        if let Some((visits, target)) = visits.as_mut().zip(target) {
            visits.enter(target);
        }
        Some(board.enter(query, asked))
    }

    pub(crate) fn leave(&self, number: Number, answered: bool) {
        let Counted { stats, board, visits } = &mut *self.lock();
        stats.in_flight -= 1;
        if answered {
            stats.answered += 1;
        } else {
            stats.given_up += 1;
        }
        if let Some(visits) = visits {
            visits.leave(number, answered);
        }
        board.leave(number, answered);
    }

    pub(crate) fn reject(&self, uri: &Uri, status: StatusCode) {
        let (query, target) = (shown(uri), self.target(uri));
        let Counted { stats, board, visits } = &mut *self.lock();
        stats.rejected += 1;
        if let Some((visits, target)) = visits.as_mut().zip(target) {
            visits.refuse(target, status);
        }
        board.refuse(query, status);
    }

    /// The newest requests; none where they are not kept.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.lock().visits.as_ref().map(Visits::all).unwrap_or_default()
    }

    /// What a visit keeps of it, made before the lock is taken.
    fn target(&self, uri: &Uri) -> Option<String> {
        self.keeps_visits.then(|| Visits::target(uri))
    }

    /// Another number than before if anything has changed since.
    pub(crate) fn changes(&self) -> u64 {
        self.lock().board.changes()
    }

    /// Looks at the figures and at the requests behind them, as they are at the
    /// same moment.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Stats, &Board) -> T) -> T {
        let Counted { stats, board, .. } = &*self.lock();
        look(stats, board)
    }

    /// Counting cannot leave the figures half changed, so a panic elsewhere
    /// while they were locked does no harm to them.
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
