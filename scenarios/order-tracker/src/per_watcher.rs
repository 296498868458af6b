//! Orders in a Redis, with a connection to it for each watcher.
//!
//! It is the plain way: who comes has a connection, a subscription and a task of their
//! own, and there is nothing to share and no list to keep. What it costs is that Redis
//! has as many connections as there are watchers, and sends each of them everything.
//! `shared` is the same with one connection for all; commands go by that one here too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use redis::aio::PubSub;
use redis::{Client, RedisError, RedisResult};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::order::OrderId;
use crate::orders::{Sight, Trouble};
use crate::shared::{PATIENCE, PING_EVERY, Pause, Shared, as_stored, key, read_position, stored};

/// This process's part of it.
#[derive(Debug)]
pub(crate) struct PerWatcher {
    client: Client,
    /// Opens orders, takes positions, and knows what is stored.
    pub(crate) shared: Arc<Shared>,
    most: usize,
    watchers: Mutex<HashMap<OrderId, usize>>,
}

/// What a watcher has of its own besides the socket. All of it goes when this does: a
/// task that nobody cancels would forward positions to nobody, and keep its connection
/// until the order is over, and longer.
#[derive(Debug)]
pub(crate) struct Forwarding(JoinHandle<()>);

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl PerWatcher {
    pub(crate) fn new(client: Client, shared: Arc<Shared>, most: usize) -> Self {
        Self { client, shared, most, watchers: Mutex::default() }
    }

    /// A place among the watchers. Whoever has it gives it back by [`leave`](Self::leave).
    pub(crate) async fn watch(
        self: &Arc<Self>,
        order: OrderId,
        named: Option<u64>,
    ) -> Result<(watch::Receiver<Sight>, Instant, Forwarding), Trouble> {
        // An order that is none must not cost a connection: anybody can ask for it.
        let until = self.shared.end_of(order).await?;
        {
            let mut watchers = self.watchers();
            let watchers = watchers.entry(order).or_default();
            if *watchers >= self.most {
                return Err(Trouble::Crowded(self.most));
            }
            *watchers += 1;
        }
        let (tell, sight) = watch::channel(Sight::default());
        let forwarding = tokio::spawn(Arc::clone(self).forward(order, named, tell));
        Ok((sight, until, Forwarding(forwarding)))
    }

    pub(crate) fn leave(&self, order: OrderId) {
        let mut watchers = self.watchers();
        if let Some(count) = watchers.get_mut(&order) {
            *count -= 1;
            if *count == 0 {
                watchers.remove(&order);
            }
        }
    }

    /// Subscribes, and does so again whenever the connection is lost.
    async fn forward(
        self: Arc<Self>,
        order: OrderId,
        named: Option<u64>,
        tell: watch::Sender<Sight>,
    ) {
        let mut pause = Pause::default();
        loop {
            if let Ok(subscription) = self.subscribe(order, named, &tell).await {
                pause = Pause::default();
                self.listen(order, named, subscription, &tell).await;
            }
            tell.send_if_modified(Sight::interrupt);
            sleep(pause.next()).await;
        }
    }

    async fn subscribe(
        &self,
        order: OrderId,
        named: Option<u64>,
        tell: &watch::Sender<Sight>,
    ) -> RedisResult<PubSub> {
        let subscribing = async {
            let mut subscription = self.client.get_async_pubsub().await?;
            // First this, and then what there is: what comes in between is heard.
            subscription.subscribe(key(order)).await?;
            self.read(order, named, tell).await?;
            Ok(subscription)
        };
        timeout(PATIENCE, subscribing).await.unwrap_or_else(|_| Err(not_connected()))
    }

    async fn read(
        &self,
        order: OrderId,
        named: Option<u64>,
        tell: &watch::Sender<Sight>,
    ) -> RedisResult<()> {
        let mut connection = self.shared.connection().map_err(|_| not_connected())?;
        let stored = as_stored(stored(order).query_async(&mut connection).await)?;
        tell.send_if_modified(|sight| self.shared.resume(order, named, sight, stored));
        Ok(())
    }

    /// Forwards what is published, until the connection is lost.
    async fn listen(
        &self,
        order: OrderId,
        named: Option<u64>,
        subscription: PubSub,
        tell: &watch::Sender<Sight>,
    ) {
        let (mut commands, mut messages) = subscription.split();
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return };
                    if let Some(position) = read_position(message.get_payload_bytes()) {
                        tell.send_if_modified(|sight| self.shared.show(order, named, sight, position));
                    }
                }
                _ = pings.tick() => {
                    // A network that is cut tells nobody.
                    let answered = timeout(PATIENCE, commands.ping::<redis::Value>()).await;
                    if !matches!(answered, Ok(Ok(_))) {
                        return;
                    }
                    // Nor does Redis tell of an order that is taken away. Where it cannot
                    // be read, the other connection is lost, and this one stands.
                    let _ = self.read(order, named, tell).await;
                }
            }
        }
    }

    fn watchers(&self) -> MutexGuard<'_, HashMap<OrderId, usize>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_connected() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::NotConnected).into()
}
