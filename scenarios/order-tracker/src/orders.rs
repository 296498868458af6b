//! The orders, wherever they are kept, and who watches them.

use std::sync::Arc;

use lens::TraceParent;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::here::Here;
use crate::order::OrderId;
use crate::per_watcher::{Forwarding, PerWatcher};
use crate::position::{Position, Published};
use crate::shared::{Shared, until_followed};
use crate::way::Ways;

/// As many as there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Orders at a time.
    pub(crate) orders: usize,
    /// Watchers of one order in this process.
    pub(crate) watchers: usize,
    /// How long an order is there.
    pub(crate) lifetime: std::time::Duration,
}

/// In this process alone, or in a Redis that several share.
#[derive(Debug, Clone)]
pub(crate) enum Orders {
    Here(Arc<Here>),
    Shared(Arc<Shared>),
    /// The same, where each watcher has a connection to Redis of its own.
    PerWatcher(Arc<PerWatcher>),
}

/// Why something cannot be done with an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("there is no such order; it may be over")]
    Unknown,
    #[error("there are as many orders as there may be, {0}; try again later")]
    Full(usize),
    #[error("this order has as many watchers as it may have, {0}; try again later")]
    Crowded(usize),
    #[error("this instance has as many watchers as it may have, {0}; try again later")]
    NoPlace(usize),
    #[error("the system has no random numbers")]
    NoRandomness,
    /// In the words of the driver, which are for the log.
    #[error("Redis is gone; try again in a few seconds")]
    Gone(String),
    /// It answers, and not with what was asked for: it has no memory left, say.
    #[error("Redis cannot do this now; try again later")]
    Refused(String),
}

/// What became of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    Taken,
    /// One that is newer, or this one, was there before.
    Older,
}

/// What there is to see of an order. Its watchers are woken when it changes, and look
/// at what there is then: nothing stands in line for the slow ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    pub(crate) newest: Option<Published>,
    pub(crate) feed: Feed,
}

/// Whether new positions come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Feed {
    /// It has not begun yet.
    #[default]
    Starting,
    Live,
    /// Redis does not answer: there may be newer ones.
    Interrupted,
    /// The order is no more.
    Over,
}

impl Sight {
    /// Takes a position, unless a newer one was there.
    pub(crate) fn take(&mut self, position: Published) -> bool {
        let is_newer = self.newest.as_ref().is_none_or(|it| it.sequence < position.sequence);
        if is_newer {
            self.newest = Some(position);
        }
        is_newer
    }
}

/// A place among the watchers of an order, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) sight: watch::Receiver<Sight>,
    /// When the order's time is over.
    pub(crate) until: Instant,
    pub(crate) orders: Orders,
    pub(crate) order: OrderId,
    _forwarding: Option<Forwarding>,
}

impl Orders {
    /// A new order.
    pub(crate) async fn open(&self) -> Result<OrderId, Trouble> {
        let order = OrderId::new().map_err(|_| Trouble::NoRandomness)?;
        match self {
            Self::Here(here) => here.open(order)?,
            Self::Shared(shared) => shared.open(order).await?,
            Self::PerWatcher(it) => it.shared.open(order).await?,
        }
        Ok(order)
    }

    /// Tells everybody who watches the order where its courier is.
    pub(crate) async fn deliver(
        &self,
        order: OrderId,
        position: &Position,
    ) -> Result<Delivered, Trouble> {
        match self {
            Self::Here(here) => here.deliver(order, position),
            Self::Shared(shared) => shared.deliver(order, position).await,
            Self::PerWatcher(it) => it.shared.deliver(order, position).await,
        }
    }

    /// Those that are in Redis.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        match self {
            Self::Here(_) => None,
            Self::Shared(shared) => Some(shared),
            Self::PerWatcher(it) => Some(&it.shared),
        }
    }

    /// What is kept of the ways of positions here.
    pub(crate) fn ways(&self) -> &Ways {
        match self {
            Self::Here(here) => &here.ways,
            Self::Shared(shared) => &shared.ways,
            Self::PerWatcher(it) => &it.shared.ways,
        }
    }

    /// Whether the order is there, for somebody who takes no place among its watchers.
    pub(crate) async fn knows(&self, order: OrderId) -> Result<(), Trouble> {
        match self {
            Self::Here(here) => here.knows(order),
            Self::Shared(shared) => shared.knows(order).await,
            Self::PerWatcher(it) => it.shared.knows(order).await,
        }
    }

    /// A place among those who watch it. Who names a trace wants its positions' ways kept.
    pub(crate) async fn watch(
        &self,
        order: OrderId,
        asked: Option<TraceParent>,
    ) -> Result<Watching, Trouble> {
        let (sight, until, forwarding) = match self {
            Self::Here(here) => without(here.watch(order)?),
            Self::Shared(shared) => without(shared.watch(order).await?),
            Self::PerWatcher(it) => {
                let (sight, until, forwarding) =
                    it.watch(order, asked.map(|it| it.span.get())).await?;
                (sight, until, Some(forwarding))
            }
        };
        if let Some(TraceParent { trace, .. }) = asked {
            self.ways().keep(order, trace);
        }
        let orders = self.clone();
        let mut watching = Watching { sight, until, orders, order, _forwarding: forwarding };
        if !matches!(self, Self::Here(_)) {
            until_followed(&mut watching.sight).await?;
        }
        Ok(watching)
    }
}

fn without<A, B>((sight, until): (A, B)) -> (A, B, Option<Forwarding>) {
    (sight, until, None)
}

impl Drop for Watching {
    fn drop(&mut self) {
        match &self.orders {
            Orders::Here(here) => here.leave(self.order),
            Orders::Shared(shared) => shared.leave(self.order),
            Orders::PerWatcher(it) => it.leave(self.order),
        }
    }
}
