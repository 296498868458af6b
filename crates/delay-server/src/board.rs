//! What there is to see of the requests: those that wait, and those that have
//! finished lately.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use harness::text::harmless;
use tokio::time::Instant;

use crate::routes::DELAY_ME;

/// How long a request is shown after it has finished.
const LATELY: Duration = Duration::from_secs(60);

/// How many of those are kept at most.
pub(crate) const MOST_FINISHED: usize = 40;

/// The most of a request's target that is kept, in characters.
const LONGEST: usize = 60;

/// Every request that waits, the oldest first, and the last that have finished,
/// the latest first.
#[derive(Debug, Default)]
pub(crate) struct Board {
    waiting: BTreeMap<Number, Waiting>,
    finished: VecDeque<Finished>,
    next: Number,
    changes: u64,
}

/// Requests are numbered as they come, from 0.
pub(crate) type Number = u64;

/// A request that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) query: Box<str>,
    pub(crate) asked: Duration,
    pub(crate) since: Instant,
}

/// A request that has finished.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) number: Number,
    pub(crate) query: Box<str>,
    pub(crate) at: Instant,
    pub(crate) end: End,
}

/// How a request finished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// It waited as long as it asked to.
    Answered { asked: Duration },
    /// Its client hung up before, or the server was stopped.
    Left { asked: Duration, waited: Duration },
    /// It was refused at once.
    Refused(StatusCode),
}

impl Board {
    pub(crate) fn enter(&mut self, query: Box<str>, asked: Duration) -> Number {
        let number = self.number();
        self.waiting.insert(number, Waiting { query, asked, since: Instant::now() });
        number
    }

    pub(crate) fn leave(&mut self, number: Number, answered: bool) {
        let Some(Waiting { query, asked, since }) = self.waiting.remove(&number) else { return };
        let at = Instant::now();
        let end = if answered {
            End::Answered { asked }
        } else {
            End::Left { asked, waited: at - since }
        };
        self.finish(Finished { number, query, at, end });
    }

    pub(crate) fn refuse(&mut self, query: Box<str>, status: StatusCode) {
        let number = self.number();
        self.finish(Finished { number, query, at: Instant::now(), end: End::Refused(status) });
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = (Number, &Waiting)> {
        self.waiting.iter().map(|(number, waiting)| (*number, waiting))
    }

    pub(crate) fn finished(&self) -> impl Iterator<Item = &Finished> {
        self.finished.iter().take_while(|finished| finished.at.elapsed() < LATELY)
    }

    /// Another number than before if anything has changed since.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    fn finish(&mut self, finished: Finished) {
        self.changes += 1;
        self.finished.truncate(MOST_FINISHED - 1);
        self.finished.push_front(finished);
    }

    fn number(&mut self) -> Number {
        self.changes += 1;
        let number = self.next;
        self.next += 1;
        number
    }
}

/// What a request is shown as: its query, or its path if it has none or is no
/// request to wait. Not more than the first characters of either.
pub(crate) fn shown(uri: &Uri) -> Box<str> {
    let query = uri.query().filter(|query| uri.path() == DELAY_ME && !query.is_empty());
    let whole = query.unwrap_or_else(|| uri.path_and_query().map_or("", |target| target.as_str()));
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", harmless(&whole[..end])).into(),
        None => harmless(whole).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries(board: &Board) -> Vec<&str> {
        board.finished().map(|finished| &*finished.query).collect()
    }

    #[test]
    fn a_request_is_shown_as_its_query_or_its_path() {
        let long = format!("/delay-me?seconds={}", "0".repeat(70));
        let cut = format!("seconds={}…", "0".repeat(52));
        for (target, expected) in [
            ("/delay-me?seconds=2", "seconds=2"),
            ("/delay-me", "/delay-me"),
            ("/delay-me?", "/delay-me?"),
            ("/nowhere?x=1", "/nowhere?x=1"),
            ("/no\u{202e}where", r"/no\u{202e}where"),
            (long.as_str(), cut.as_str()),
        ] {
            assert_eq!(&*shown(&target.parse().unwrap()), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_finished_is_forgotten_after_a_minute() {
        let mut board = Board::default();
        board.refuse("a".into(), StatusCode::NOT_FOUND);
        tokio::time::advance(Duration::from_secs(40)).await;
        let number = board.enter("b".into(), Duration::from_secs(5));
        board.leave(number, true);
        assert_eq!(queries(&board), ["b", "a"]);
        tokio::time::advance(Duration::from_secs(21)).await;
        assert_eq!(queries(&board), ["b"]);
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut board = Board::default();
        for n in 0..MOST_FINISHED + 5 {
            board.refuse(n.to_string().into(), StatusCode::NOT_FOUND);
        }
        assert_eq!(board.finished.len(), MOST_FINISHED);
        assert_eq!(queries(&board)[0], (MOST_FINISHED + 4).to_string());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_leaves_early_has_waited_for_less() {
        let mut board = Board::default();
        let asked = Duration::from_secs(10);
        let number = board.enter("seconds=10".into(), asked);
        tokio::time::advance(Duration::from_secs(3)).await;
        board.leave(number, false);
        let waited = Duration::from_secs(3);
        assert_eq!(board.finished().next().unwrap().end, End::Left { asked, waited });
        assert_eq!(board.waiting().count(), 0);
    }
}
