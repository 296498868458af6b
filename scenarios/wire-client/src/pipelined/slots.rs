//! Where callers wait for their replies: slots that are used again and again.
//!
//! A channel for each command would be an allocation for each command, and one more thing
//! that two sides hold. A slot is a number. Whoever calls has it, and so has the place in
//! the queue; it is free again when both are done with it.

use std::task::{Context, Poll, Waker};

/// Which slot, and who has it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    slot: usize,
    turn: Turn,
}

/// The how manieth it is that takes a slot: whoever comes later has a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn(u64);

impl Key {
    /// Its place in the order in which all came.
    pub(super) fn turn(self) -> Turn {
        self.turn
    }
}

#[derive(Debug)]
pub(super) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    /// How many have taken one so far.
    taken: u64,
}

#[derive(Debug)]
enum Slot<T> {
    Free,
    /// Somebody is to be woken when the reply is there.
    Waiting(Waker),
    /// The reply is to be thrown away: whoever waited has gone.
    Abandoned,
    /// To be taken away by whoever waits.
    Filled(T),
}

impl<T> Slots<T> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), taken: 0 }
    }

    /// A slot in which somebody waits.
    pub(super) fn wait(&mut self, waker: &Waker) -> Key {
        self.occupy(Slot::Waiting(waker.clone()))
    }

    /// A slot in which nobody waits, for a command whose reply nobody wants.
    pub(super) fn abandoned(&mut self) -> Key {
        self.occupy(Slot::Abandoned)
    }

    fn occupy(&mut self, slot: Slot<T>) -> Key {
        let turn = Turn(self.taken);
        self.taken += 1;
        if let Some(free) = self.free.pop() {
            self.slots[free] = slot;
            return Key { slot: free, turn };
        }
        self.slots.push(slot);
        Key { slot: self.slots.len() - 1, turn }
    }

    /// Puts the reply there, and gives whom to wake. What nobody waits for is thrown away.
    pub(super) fn fill(&mut self, key: Key, reply: T) -> Option<Waker> {
        match std::mem::replace(&mut self.slots[key.slot], Slot::Filled(reply)) {
            Slot::Waiting(waker) => Some(waker),
            Slot::Abandoned => {
                self.release(key);
                None
            }
            Slot::Free | Slot::Filled(_) => unreachable!("a place is in the queue once"),
        }
    }

    /// The reply, if it is there: then the slot is free.
    pub(super) fn poll(&mut self, key: Key, cx: &Context<'_>) -> Poll<T> {
        match &mut self.slots[key.slot] {
            Slot::Waiting(waker) => {
                waker.clone_from(cx.waker());
                return Poll::Pending;
            }
            Slot::Filled(_) => {}
            Slot::Free | Slot::Abandoned => unreachable!("whoever waits has the slot"),
        }
        match self.vacate(key) {
            Slot::Filled(reply) => Poll::Ready(reply),
            _ => unreachable!("it was filled"),
        }
    }

    /// Whoever waits goes. The slot stays for as long as its place is in the queue.
    pub(super) fn abandon(&mut self, key: Key) {
        match self.slots[key.slot] {
            Slot::Waiting(_) => self.slots[key.slot] = Slot::Abandoned,
            _ => self.release(key),
        }
    }

    /// Nobody needs it any longer.
    pub(super) fn release(&mut self, key: Key) {
        let _ = self.vacate(key);
    }

    /// Once all are free, so is the memory of a crowd.
    fn vacate(&mut self, key: Key) -> Slot<T> {
        let slot = std::mem::replace(&mut self.slots[key.slot], Slot::Free);
        self.free.push(key.slot);
        if self.free.len() == self.slots.len() && self.slots.len() > KEPT {
            *self = Self { taken: self.taken, ..Self::new() };
        }
        slot
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many are taken now.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

/// As many slots are kept when nobody waits.
const KEPT: usize = 4096;
