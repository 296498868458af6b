//! Orders inside of this process: what needs nothing but Rust.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::order::OrderId;
use crate::orders::{Delivered, Feed, Limits, Sight, Trouble};
use crate::position::Position;
use crate::way::Ways;

/// All orders, and what there is to see of them.
#[derive(Debug)]
pub(crate) struct Here {
    limits: Limits,
    pub(crate) ways: Ways,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    orders: HashMap<OrderId, Order>,
    /// When each of them is over, the first one first: all live for the same time.
    ends: VecDeque<(Instant, OrderId)>,
}

#[derive(Debug)]
struct Order {
    sight: watch::Sender<Sight>,
    until: Instant,
    watchers: usize,
}

impl Here {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ways: Ways::default(), state: Mutex::default() }
    }

    pub(crate) fn open(&self, order: OrderId) -> Result<(), Trouble> {
        let mut state = self.state();
        if state.orders.len() >= self.limits.orders {
            return Err(Trouble::Full(self.limits.orders));
        }
        let until = Instant::now() + self.limits.lifetime;
        let sight = Sight { newest: None, feed: Feed::Live };
        let sight = watch::Sender::new(sight);
        state.orders.insert(order, Order { sight, until, watchers: 0 });
        state.ends.push_back((until, order));
        Ok(())
    }

    pub(crate) fn deliver(
        &self,
        order: OrderId,
        position: &Position,
    ) -> Result<Delivered, Trouble> {
        let state = self.state();
        let order = state.orders.get(&order).ok_or(Trouble::Unknown)?;
        let taken = order.sight.send_if_modified(|sight| sight.take(position.published()));
        Ok(if taken { Delivered::Taken } else { Delivered::Older })
    }

    pub(crate) fn knows(&self, order: OrderId) -> Result<(), Trouble> {
        if self.state().orders.contains_key(&order) { Ok(()) } else { Err(Trouble::Unknown) }
    }

    pub(crate) fn watch(
        &self,
        order: OrderId,
    ) -> Result<(watch::Receiver<Sight>, Instant), Trouble> {
        let mut state = self.state();
        let order = state.orders.get_mut(&order).ok_or(Trouble::Unknown)?;
        if order.watchers >= self.limits.watchers {
            return Err(Trouble::Crowded(self.limits.watchers));
        }
        order.watchers += 1;
        Ok((order.sight.subscribe(), order.until))
    }

    pub(crate) fn leave(&self, order: OrderId) {
        if let Some(order) = self.state().orders.get_mut(&order) {
            order.watchers -= 1;
        }
    }

    /// Without the orders whose time is over.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some((_, order)) = state.ends.pop_front_if(|(until, _)| *until <= now) {
            state.orders.remove(&order);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn here(orders: usize, watchers: usize) -> Here {
        Here::new(Limits { orders, watchers, lifetime: Duration::from_secs(60) })
    }

    fn position(sequence: u64) -> Position {
        Position { lat: 0.0, lon: 0.0, at: jiff::Timestamp::UNIX_EPOCH, sequence }
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_that_is_over_makes_room_for_another() {
        let here = here(1, 1);
        let [one, other] = [OrderId::new().unwrap(), OrderId::new().unwrap()];
        here.open(one).unwrap();
        assert_eq!(here.open(other), Err(Trouble::Full(1)));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(here.deliver(one, &position(1)), Err(Trouble::Unknown));
        here.open(other).unwrap();
        assert_eq!(here.deliver(other, &position(1)), Ok(Delivered::Taken));
    }

    #[tokio::test]
    async fn an_older_position_never_takes_the_place_of_a_newer_one() {
        let here = here(1, 1);
        let order = OrderId::new().unwrap();
        here.open(order).unwrap();
        let taken = [3, 1, 3, 4].map(|it| here.deliver(order, &position(it)).unwrap());
        use Delivered::{Older, Taken};
        assert_eq!(taken, [Taken, Older, Older, Taken]);
        let (sight, _) = here.watch(order).unwrap();
        assert_eq!(sight.borrow().newest.as_ref().unwrap().sequence, 4);
    }

    #[tokio::test]
    async fn who_leaves_makes_room_for_another_watcher() {
        let here = here(1, 1);
        let order = OrderId::new().unwrap();
        here.open(order).unwrap();
        here.watch(order).unwrap();
        assert_eq!(here.watch(order).unwrap_err(), Trouble::Crowded(1));
        here.leave(order);
        here.watch(order).unwrap();
    }
}
