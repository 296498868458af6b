//! What one requester does, and what is right of the replies that reach it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::numbers::thousands;
use tracing::{Span, info_span};

use crate::Failure;
use crate::protocol::{Command, Value};

/// The commands of one requester, which it sends one after the other, and who that is.
///
/// Every command is `INCR` of one counter, which is 0 before the run. So no two replies of
/// a run are the same number, and each requester's own grow: what reaches a wrong
/// caller is found out.
#[derive(Debug)]
pub struct Request {
    /// The requester's name, such as `R1`.
    pub name: String,
    key: String,
    command: Command,
    count: usize,
    left: usize,
    last: i64,
    /// Who replies, in words.
    server: &'static str,
    counted: Arc<Counted>,
}

impl Request {
    pub(crate) fn new(
        number: usize,
        key: &str,
        count: usize,
        server: &'static str,
        counted: Arc<Counted>,
    ) -> Self {
        let (name, key) = (format!("R{number}"), key.to_owned());
        let command = Command::new("INCR").arg(&key);
        Self { name, key, command, count, left: count, last: 0, server, counted }
    }

    /// The span that makes this requester a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.asks())
    }

    /// What it sends, such as `INCR`, or `INCR 1,000 times`.
    pub fn asks(&self) -> String {
        match self.count {
            1 => "INCR".to_owned(),
            count => format!("INCR {} times", thousands(count as u64)),
        }
    }

    /// The next of its commands; none when all of them have their reply.
    pub fn command(&self) -> Option<&Command> {
        (self.left > 0).then_some(&self.command)
    }

    /// The same for a library that makes the command itself: the key that it is about.
    pub fn key(&self) -> Option<&str> {
        (self.left > 0).then_some(&self.key)
    }

    /// Takes a reply, if it can be the one to a command of this requester.
    ///
    /// # Errors
    ///
    /// When it is none that this requester should have been given.
    pub fn accept(&mut self, reply: &Value) -> Result<(), Failure> {
        match reply {
            Value::Integer(number) => self.accept_number(*number),
            _ => Err(wrong("the reply to INCR is no number")),
        }
    }

    /// The same of a reply that another library has read.
    ///
    /// # Errors
    ///
    /// As [`Self::accept`].
    pub fn accept_number(&mut self, number: i64) -> Result<(), Failure> {
        if number <= self.last {
            let last = self.last;
            return Err(wrong(&format!("the reply is {number}, and the one before was {last}")));
        }
        self.counted.take(number).map_err(|why| wrong(&why))?;
        self.last = number;
        self.left -= 1;
        if self.left == 0 {
            harness::done();
        }
        Ok(())
    }

    /// What the replies were, in words.
    pub fn told(&self) -> String {
        let last = thousands(self.last.unsigned_abs());
        match self.count {
            1 => format!("{} replied {last}", self.server),
            _ => format!("The last reply was {last}"),
        }
    }
}

fn wrong(why: &str) -> Failure {
    Failure::new(why, "a reply went to a wrong caller, or somebody else counts with the same key")
}

/// Which numbers have been given to a requester: each of those from 1 on, and each once.
#[derive(Debug)]
pub(crate) struct Counted {
    most: u64,
    given: Box<[AtomicU64]>,
}

impl Counted {
    pub(crate) fn new(most: usize) -> Self {
        let given = (0..=most / 64).map(|_| AtomicU64::new(0)).collect();
        Self { most: most as u64, given }
    }

    fn take(&self, number: i64) -> Result<(), String> {
        let place = u64::try_from(number).ok().filter(|number| (1..=self.most).contains(number));
        let Some(place) = place else {
            return Err(format!(
                "the reply is {number}, and only {} commands were sent",
                self.most
            ));
        };
        let bit = 1 << (place % 64);
        // Nothing else is told by it than itself.
        match self.given[(place / 64) as usize].fetch_or(bit, Ordering::Relaxed) & bit {
            0 => Ok(()),
            _ => Err(format!("the reply is {number}, and that was given to somebody before")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requesters_own_numbers_grow() {
        let counted = Arc::new(Counted::new(9));
        let mut request = Request::new(1, "key", 3, "Redis", counted);
        assert_eq!((request.name.as_str(), request.asks().as_str()), ("R1", "INCR 3 times"));
        let mut take = |reply: Value| {
            let why = request.accept(&reply).err();
            why.map(|failure| harness::Failure::from(failure).cause().to_owned())
        };
        assert_eq!(take(Value::Integer(2)), None);
        let backwards = "the reply is 1, and the one before was 2";
        assert_eq!(take(Value::Integer(1)).as_deref(), Some(backwards));
        assert_eq!(take(Value::Null).as_deref(), Some("the reply to INCR is no number"));
        assert_eq!([take(Value::Integer(7)), take(Value::Integer(9))], [None, None]);
        assert_eq!(request.told(), "The last reply was 9");
        assert!(request.command().is_none() && request.key().is_none(), "all is done");
    }

    #[test]
    fn every_number_is_given_once() {
        let counted = Counted::new(130);
        for number in [130, 1, 64, 63, 65, 128] {
            assert_eq!(counted.take(number), Ok(()), "{number}");
            assert!(counted.take(number).unwrap_err().contains("before"), "{number}");
        }
        for number in [0, -1, 131, i64::MAX, i64::MIN] {
            assert!(counted.take(number).unwrap_err().contains("only 130"), "{number}");
        }
    }
}
