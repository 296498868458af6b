//! Which reply is whose. Nothing here reads, writes or waits, so every order of events can
//! be tried by hand.
//!
//! Replies carry no name: the first one is for whoever asked first. So a command's bytes
//! and its place in the queue are put there in one step, and nothing ever leaves the queue
//! but its oldest place, by its reply. That holds for a caller that was cancelled too. A
//! place that went with its caller would leave its reply to the next caller, and every
//! reply after that to a stranger: on a service with accounts, one user sees another's.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll, Waker};

#[cfg(test)]
use super::schedules::{Fault, is_planted};
use super::slots::{Key, Slots, Turn};
use crate::Error;
use crate::protocol::Value;

/// What a caller gets.
pub(super) type Reply = Result<Value, Error>;

/// How many bytes may wait for the socket before callers wait for them. A server that
/// does not read must not fill our memory with commands.
pub(super) const UNSENT: u64 = 256 << 10;

/// Commands on their way out, and who waits for what comes back.
#[derive(Debug)]
pub(super) struct Exchange {
    /// How many places the queue may have.
    in_flight: usize,
    /// What is to be sent.
    outbox: Vec<u8>,
    /// How many bytes have gone through the outbox since the connection began.
    accepted: u64,
    /// How many of these the socket has taken.
    sent: u64,
    /// For every command that was accepted its place, the oldest first.
    queue: VecDeque<Place>,
    /// Who found no room, the oldest first. Whoever goes is found by its turn: a crowd that
    /// goes would else be looked through for each of them, while all others wait.
    line: BTreeMap<Turn, InLine>,
    slots: Slots<Reply>,
}

#[derive(Debug)]
struct Place {
    key: Key,
    expects: Expects,
    /// Where in the stream of bytes the command begins.
    begins: u64,
}

/// A command that waits for room. It has its bytes with it: so it goes out when there is
/// room, whether its caller is polled then or not, and nobody has to be woken for it.
///
/// They are a copy. What the caller has is borrowed for as long as its call, and the line
/// outlives that: it is shared, and a caller may be forgotten. So to have no copy, whoever is
/// first would have to be woken for its bytes, and be waited for, or be passed over when it
/// does not come. There is one copy for each caller at most, who has the original.
#[derive(Debug)]
struct InLine {
    key: Key,
    expects: Expects,
    bytes: Box<[u8]>,
}

/// What the server says to a command that it obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    Reply,
    /// A push: so it is for SUBSCRIBE, whose only reply is an error.
    Confirmation,
}

/// A reply came, and nobody has asked for one. Whose the next one is, nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unasked;

impl Exchange {
    pub(super) fn new(in_flight: usize) -> Self {
        Self {
            in_flight: in_flight.max(1),
            outbox: Vec::new(),
            accepted: 0,
            sent: 0,
            queue: VecDeque::new(),
            line: BTreeMap::new(),
            slots: Slots::new(),
        }
    }

    /// Accepts a command, or lets it stand in line for the room that it needs.
    pub(super) fn enter(&mut self, bytes: &[u8], expects: Expects, waker: &Waker) -> Key {
        let key = self.slots.wait(waker);
        // Nobody overtakes those in line.
        if self.line.is_empty() && self.has_room() {
            self.accept(key, expects, bytes);
        } else {
            self.line.insert(key.turn(), InLine { key, expects, bytes: bytes.into() });
        }
        key
    }

    /// Accepts a command whose reply nobody waits for, beyond the bound.
    pub(super) fn enter_unawaited(&mut self, bytes: &[u8], expects: Expects) {
        let key = self.slots.abandoned();
        self.accept(key, expects, bytes);
    }

    /// The bytes and the place in one step: so both have the same order.
    fn accept(&mut self, key: Key, expects: Expects, bytes: &[u8]) {
        self.queue.push_back(Place { key, expects, begins: self.accepted });
        self.outbox.extend_from_slice(bytes);
        self.accepted += bytes.len() as u64;
    }

    /// A place in the queue is the permit to have a command in flight. There is no second
    /// count beside it, which could go wrong.
    fn has_room(&self) -> bool {
        self.queue.len() < self.in_flight && self.accepted - self.sent < UNSENT
    }

    /// Accepts from the line as many as there is room for.
    pub(super) fn let_in(&mut self) {
        while self.has_room()
            && let Some((_, InLine { key, expects, bytes })) = self.line.pop_first()
        {
            self.accept(key, expects, &bytes);
        }
    }

    /// What is to be sent, in exchange for an empty buffer. Tells whether there is any.
    pub(super) fn take_outbox(&mut self, empty: &mut Vec<u8>) -> bool {
        debug_assert!(empty.is_empty(), "something is left to be sent");
        std::mem::swap(&mut self.outbox, empty);
        !empty.is_empty()
    }

    /// How many bytes of this connection the socket has taken until now.
    pub(super) fn has_sent(&mut self, sent: u64) {
        self.sent = sent;
    }

    /// A reply goes to the oldest place. Gives whom to wake.
    pub(super) fn deliver(&mut self, reply: Value) -> Result<Option<Waker>, Unasked> {
        let oldest = self.oldest_sent().ok_or(Unasked)?;
        if oldest.expects == Expects::Confirmation && !matches!(reply, Value::Error(_)) {
            return Err(Unasked);
        }
        Ok(self.settle_oldest(Ok(reply)))
    }

    /// A push that confirms is for the oldest place too, if that expects one.
    pub(super) fn confirm(&mut self, push: Vec<Value>) -> Option<Waker> {
        let oldest = self.oldest_sent()?;
        let is_expected = oldest.expects == Expects::Confirmation;
        is_expected.then(|| self.settle_oldest(Ok(Value::Push(push))))?
    }

    /// A command of which nothing was sent has no reply yet, whatever the server says.
    fn oldest_sent(&self) -> Option<&Place> {
        self.queue.front().filter(|place| place.begins < self.sent)
    }

    fn settle_oldest(&mut self, reply: Reply) -> Option<Waker> {
        #[cfg(test)]
        if is_planted(Fault::NewestFirst) {
            return self.slots.fill(self.queue.pop_back()?.key, reply);
        }
        let oldest = self.queue.pop_front()?;
        self.slots.fill(oldest.key, reply)
    }

    /// The caller's reply, if it has come.
    pub(super) fn poll(&mut self, key: Key, cx: &Context<'_>) -> Poll<Reply> {
        self.slots.poll(key, cx)
    }

    /// The caller goes. Its place stays until its reply has been thrown away, unless it
    /// was still in line: then nothing of it goes out. Tells whether its command was
    /// accepted.
    pub(super) fn abandon(&mut self, key: Key) -> bool {
        if self.line.remove(&key.turn()).is_some() {
            self.slots.release(key);
            return false;
        }
        #[cfg(test)]
        if is_planted(Fault::PlaceGoes) {
            self.queue.retain(|it| it.key != key);
            self.slots.release(key);
            return true;
        }
        self.slots.abandon(key);
        true
    }

    /// The connection is no more: everybody gets an error, which is told whether anything
    /// of the command may have gone out. What comes then belongs to a new connection.
    pub(super) fn fail(&mut self, error: impl Fn(bool) -> Error, wakers: &mut Vec<Waker>) {
        while let Some(place) = self.queue.pop_front() {
            let may_have_run = place.begins < self.sent;
            wakers.extend(self.slots.fill(place.key, Err(error(may_have_run))));
        }
        for it in std::mem::take(&mut self.line).into_values() {
            wakers.extend(self.slots.fill(it.key, Err(error(false))));
        }
        self.outbox = Vec::new();
        (self.accepted, self.sent) = (0, 0);
    }

    /// Whether there is nothing that was accepted, or that is in line to be.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.line.is_empty()
    }

    /// How many are in flight, how many callers stand in line, how many hold a slot.
    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        (self.queue.len(), self.line.len(), self.slots.taken())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use program_test::PATIENCE;

    use super::*;

    fn number(waiting: &Poll<Reply>) -> Option<i64> {
        let Poll::Ready(Ok(reply)) = waiting else { return None };
        reply.as_integer()
    }

    #[test]
    fn a_reply_before_its_command_is_not_for_it() {
        let mut exchange = Exchange::new(8);
        let cx = Context::from_waker(Waker::noop());
        let key = exchange.enter(b"first", Expects::Reply, cx.waker());
        assert!(exchange.deliver(Value::Integer(0)).is_err(), "nothing was sent");
        exchange.has_sent(1);
        assert!(exchange.deliver(Value::Integer(1)).is_ok());
        assert_eq!(number(&exchange.poll(key, &cx)), Some(1));
    }

    #[test]
    fn a_confirmation_is_for_whoever_expects_one() {
        let mut exchange = Exchange::new(8);
        let cx = Context::from_waker(Waker::noop());
        let expect = [Expects::Reply, Expects::Confirmation];
        let [asks, follows] = expect.map(|expects| exchange.enter(b"x", expects, cx.waker()));
        exchange.has_sent(2);
        assert!(exchange.confirm(Vec::new()).is_none(), "it is early");
        assert!(exchange.poll(asks, &cx).is_pending());
        assert!(exchange.deliver(Value::Integer(1)).is_ok());
        assert_eq!(number(&exchange.poll(asks, &cx)), Some(1));
        assert!(exchange.deliver(Value::Integer(2)).is_err(), "it is no confirmation");
        assert!(exchange.confirm(Vec::new()).is_some());
        assert!(exchange.poll(follows, &cx).is_ready());
        assert_eq!(exchange.counts(), (0, 0, 0));
    }

    #[test]
    fn nobody_overtakes_those_in_line() {
        let mut exchange = Exchange::new(1);
        let cx = Context::from_waker(Waker::noop());
        let [_, second, third] =
            [b"1", b"2", b"3"].map(|bytes| exchange.enter(bytes, Expects::Reply, cx.waker()));
        exchange.has_sent(1);
        assert!(exchange.deliver(Value::Null).is_ok());
        // There is room, and the second has not been let in yet.
        exchange.enter(b"4", Expects::Reply, cx.waker());
        exchange.let_in();
        exchange.has_sent(2);
        assert!(exchange.deliver(Value::Integer(2)).is_ok());
        assert_eq!(number(&exchange.poll(second, &cx)), Some(2));
        assert!(exchange.poll(third, &cx).is_pending());
        let mut outbox = Vec::new();
        assert!(exchange.take_outbox(&mut outbox) && outbox == b"12", "{outbox:?}");
    }

    #[test]
    fn a_crowd_may_leave_the_line_from_its_end() {
        let (tell, has_left) = mpsc::channel();
        thread::spawn(move || {
            let mut exchange = Exchange::new(1);
            let enter = |_| exchange.enter(b"x", Expects::Reply, Waker::noop());
            let keys: Vec<_> = (0..300_000).map(enter).collect();
            let accepted = keys.iter().rev().filter(|&&key| exchange.abandon(key)).count();
            tell.send((accepted, exchange.counts())).unwrap();
        });
        // To look through the line for each of them takes many times as long.
        let left = has_left.recv_timeout(PATIENCE).expect("they are looked for one by one");
        assert_eq!(left, (1, (1, 0, 1)), "the one that was accepted has its place still");
    }

    #[test]
    fn no_more_is_accepted_than_may_wait_for_the_socket() {
        let mut exchange = Exchange::new(usize::MAX);
        let half = vec![0; usize::try_from(UNSENT / 2).unwrap()];
        for _ in 0..5 {
            exchange.enter(&half, Expects::Reply, Waker::noop());
        }
        assert_eq!(exchange.counts(), (2, 3, 5));
        exchange.has_sent(1);
        exchange.let_in();
        assert_eq!(exchange.counts(), (3, 2, 5), "one goes beyond the bound, as a large one may");
        exchange.has_sent(3 * UNSENT / 2);
        exchange.let_in();
        assert_eq!(exchange.counts(), (5, 0, 5));
    }

    #[test]
    fn slots_are_used_again_and_those_of_a_crowd_are_freed() {
        let mut exchange = Exchange::new(usize::MAX);
        let cx = Context::from_waker(Waker::noop());
        for crowd in [1, 10_000, 1] {
            let enter = |_| exchange.enter(b"x", Expects::Reply, cx.waker());
            let keys: Vec<_> = (0..crowd).map(enter).collect();
            assert_eq!(exchange.counts(), (crowd, 0, crowd));
            exchange.has_sent(u64::MAX >> 1);
            for _ in &keys {
                assert!(exchange.deliver(Value::Null).is_ok());
            }
            // Every second one does not take it.
            for (index, &key) in keys.iter().enumerate() {
                match index % 2 {
                    0 => assert!(exchange.poll(key, &cx).is_ready()),
                    _ => assert!(exchange.abandon(key)),
                }
            }
            assert_eq!(exchange.counts(), (0, 0, 0));
            assert_eq!(exchange.slots.len(), 1 - crowd / 10_000);
            exchange.fail(|_| Error::Closed, &mut Vec::new());
        }
    }
}
