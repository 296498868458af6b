//! What an instance keeps of the ways of its orders' positions: nothing, unless somebody
//! on the same machine asks for it.

use std::collections::VecDeque;
use std::num::NonZeroU128;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Station;
use super::station::{Answer, Log, Mark, now_us};
use crate::order::OrderId;

/// As many orders are kept at a time, the newest ones.
const MOST_ORDERS: usize = 16;

/// As many marks are kept of each: some 40 bytes for one, 3 MB for all.
pub(crate) const MOST_MARKS: usize = 4096;

/// The orders whose positions are followed here.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// Whether there is any: so it costs next to nothing where nobody asks.
    is_used: AtomicBool,
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    order: OrderId,
    trace: NonZeroU128,
    log: Log,
}

impl Ways {
    /// Keeps what is seen of this order's positions from now on, for whoever knows the
    /// trace. Who asks for the same order later is not told of it.
    pub(crate) fn keep(&self, order: OrderId, trace: NonZeroU128) {
        let mut kept = self.kept();
        if kept.iter().any(|it| it.order == order) {
            return;
        }
        if kept.len() >= MOST_ORDERS {
            kept.pop_front();
        }
        kept.push_back(Kept { order, trace, log: Log::default() });
        self.is_used.store(true, Ordering::Relaxed);
    }

    /// Notes what is seen now, of an order that is kept.
    pub(crate) fn note(&self, order: OrderId, station: Station, sequence: u64) {
        self.note_of(order, station, sequence, None);
    }

    /// The same at one of its watchers.
    pub(crate) fn note_of(
        &self,
        order: OrderId,
        station: Station,
        sequence: u64,
        watcher: Option<u64>,
    ) {
        if !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept();
        if let Some(kept) = kept.iter_mut().find(|it| it.order == order) {
            kept.log.add(Mark::now(station, sequence, watcher), MOST_MARKS);
        }
    }

    /// What there is for whoever knows this trace.
    pub(crate) fn answer(&self, trace: NonZeroU128, is_shared: bool) -> Option<Answer> {
        let kept = self.kept();
        let log = kept.iter().find(|it| it.trace == trace)?.log.clone();
        drop(kept);
        Some(Answer { now_us: now_us(), is_shared, log })
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u128) -> NonZeroU128 {
        NonZeroU128::new(number).unwrap()
    }

    #[test]
    fn nothing_is_kept_of_an_order_that_nobody_asks_for() {
        let ways = Ways::default();
        let [one, other] = [OrderId::new().unwrap(), OrderId::new().unwrap()];
        ways.note(one, Station::Came, 1);
        ways.keep(one, number(7));
        ways.note(one, Station::Came, 2);
        ways.note(other, Station::Came, 3);
        let answer = ways.answer(number(7), false).unwrap();
        let sequences: Vec<u64> = answer.log.marks.iter().map(|mark| mark.sequence).collect();
        assert_eq!(sequences, [2]);
        assert_eq!(ways.answer(number(8), false), None);
    }

    #[test]
    fn an_order_is_kept_for_who_asked_first() {
        let ways = Ways::default();
        let order = OrderId::new().unwrap();
        ways.keep(order, number(7));
        ways.keep(order, number(8));
        assert!(ways.answer(number(7), false).is_some() && ways.answer(number(8), false).is_none());
    }

    #[test]
    fn what_is_kept_has_an_end_for_all_orders_and_for_each() {
        let ways = Ways::default();
        let orders = [(); MOST_ORDERS + 1].map(|()| OrderId::new().unwrap());
        for (place, order) in (1..).zip(orders) {
            ways.keep(order, number(place));
        }
        assert!(ways.answer(number(1), false).is_none(), "the oldest one has gone");
        for sequence in 0..=MOST_MARKS as u64 {
            ways.note(orders[1], Station::Came, sequence);
        }
        let log = ways.answer(number(2), false).unwrap().log;
        assert_eq!((log.marks.len(), log.marks[0].sequence), (MOST_MARKS, 1));
        assert!(log.forgotten_us.is_some());
    }
}
