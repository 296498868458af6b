//! The history of a server's requests, for whoever wants to know afterwards what
//! was asked, when, and what became of it.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use tokio::time::Instant;

use crate::board::Number;

/// The most of a request's target that is kept, in bytes.
const LONGEST: usize = 1_000;

/// A request that a server has seen.
///
/// Those that only look at the server, such as `/stats`, are none; the others are
/// those of [`Stats`](crate::Stats).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its path and query as they were sent, such as `/delay-me?seconds=2`, of which
    /// the first 1,000 bytes are kept. They are the client's: make them
    /// [harmless](harness::text::harmless) before they are printed.
    pub target: String,
    /// When its head had been read, since the server was started.
    pub arrived: Duration,
    /// When its wait was over or it was refused or given up, since the server was
    /// started; none while it waits.
    pub ended: Option<Duration>,
    /// What has become of it.
    pub outcome: VisitOutcome,
}

impl Visit {
    /// Whether it waited to its end and was answered.
    pub fn is_answered(&self) -> bool {
        matches!(self.outcome, VisitOutcome::Answered(_))
    }

    /// Whether it waited at this time, since the server was started.
    pub fn is_there(&self, at: Duration) -> bool {
        self.arrived <= at && self.ended.is_none_or(|ended| ended > at)
    }

    /// The status that it was refused with, if it was.
    pub fn refused(&self) -> Option<u16> {
        match self.outcome {
            VisitOutcome::Refused(status) => Some(status),
            _ => None,
        }
    }
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitOutcome {
    /// It waits.
    Waiting,
    /// It waited as long as it asked to, and was answered with this status.
    Answered(u16),
    /// It was refused at once with this status.
    Refused(u16),
    /// It ended before its wait was over: the client hung up, or the server was
    /// stopped and its grace period had passed.
    GivenUp,
}

/// The newest visits, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Visits {
    begun: Instant,
    most: usize,
    /// The number of the first that is kept: the others follow without a gap.
    first: Number,
    kept: VecDeque<Visit>,
}

impl Visits {
    pub(crate) fn new(most: usize) -> Self {
        Self { begun: Instant::now(), most, first: 0, kept: VecDeque::new() }
    }

    /// What is kept of a target.
    pub(crate) fn target(uri: &Uri) -> String {
        let whole = uri.path_and_query().map_or("", |target| target.as_str());
        whole[..whole.floor_char_boundary(LONGEST)].to_owned()
    }

    /// One that waits. Numbers are those of the board, one after another.
    pub(crate) fn enter(&mut self, target: String) {
        let arrived = self.begun.elapsed();
        self.keep(Visit { target, arrived, ended: None, outcome: VisitOutcome::Waiting });
    }

    pub(crate) fn leave(&mut self, number: Number, answered: bool) {
        let ended = self.begun.elapsed();
        // One that is not kept any more came before the first.
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(visit) = place.and_then(|place| self.kept.get_mut(place)) {
            visit.ended = Some(ended);
            visit.outcome = if answered {
                VisitOutcome::Answered(StatusCode::OK.as_u16())
            } else {
                VisitOutcome::GivenUp
            };
        }
    }

    pub(crate) fn refuse(&mut self, target: String, status: StatusCode) {
        let arrived = self.begun.elapsed();
        let outcome = VisitOutcome::Refused(status.as_u16());
        self.keep(Visit { target, arrived, ended: Some(arrived), outcome });
    }

    pub(crate) fn all(&self) -> Vec<Visit> {
        self.kept.iter().cloned().collect()
    }

    fn keep(&mut self, visit: Visit) {
        self.kept.push_back(visit);
        if self.kept.len() > self.most {
            self.kept.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_a_long_target_is_kept() {
        let kept = |target: &str| Visits::target(&target.parse().unwrap());
        assert_eq!(kept("/delay-me?seconds=2&a=%20"), "/delay-me?seconds=2&a=%20");
        assert_eq!(kept("http://localhost/nowhere?x"), "/nowhere?x");
        let long = format!("/{}ü{}", "x".repeat(LONGEST - 2), "y".repeat(100));
        assert_eq!(kept(&long), &long[..LONGEST - 1], "no letter is cut in two");
    }

    #[test]
    fn the_newest_are_kept_and_what_became_of_them() {
        let mut visits = Visits::new(3);
        for target in 0..5 {
            visits.enter(target.to_string());
        }
        for (number, answered) in [(0, true), (1, false), (4, true), (2, false)] {
            visits.leave(number, answered);
        }
        let kept = visits.all();
        let kept = kept.iter().map(|visit| (visit.target.as_str(), visit.outcome));
        use VisitOutcome::{Answered, GivenUp, Waiting};
        assert_eq!(
            kept.collect::<Vec<_>>(),
            [("2", GivenUp), ("3", Waiting), ("4", Answered(200))]
        );
    }
}
