//! Following orders in a Redis Cluster: each of them on the one node that has it.
//!
//! Commands go by one connection to each node, and what is published comes by another.
//! A node that gives an order away says so to its followers, in the words in which it
//! answers who ends a subscription. Where a command waits for its answer, the driver takes
//! it for that, and everybody behind is given the answer of who was before. Where all
//! that waits are subscriptions, that does no harm: they are looked after anyway.
//!
//! The driver connects again to a node that it has lost. What it does not do is in this
//! file:
//!
//! - It tells that a connection is lost, and not to which node. So all orders are
//!   followed anew then: where nothing was lost that changes nothing, and where it
//!   fails the order is interrupted.
//! - It subscribes anew by itself, to all channels of a node in one command. Redis
//!   refuses that as soon as two of them have different slots (CROSSSLOT).
//! - It tells nothing where it has replaced a connection that was silent. So the orders
//!   are followed anew in turn as well, some every few seconds.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use redis::aio::SendError;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError, Value};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::connection::Connection;
use crate::order::OrderId;
use crate::orders::Sight;
use crate::shared::{INDEX, PATIENCE, PING_EVERY, Pause, Shared, as_stored, key, order_of, stored};

/// How long a node may take to let us in. It is less than what anybody is ready to wait
/// for an answer: while the driver looks for a node, it answers nobody.
const TO_CONNECT: Duration = Duration::from_secs(1);

/// How long slots may be on their way from node to node when the tracker starts.
const TO_SETTLE: Duration = Duration::from_secs(5);

/// An order has moved at most so often while it is looked for.
const RETRIES: u32 = 3;

/// How long the driver waits before it tries again, in milliseconds.
const RETRY_WAIT: (u64, u64) = (10, 100);

/// As many orders are seen to at the same time, and as many in turn.
const AT_ONCE: usize = 500;

/// As many that are interrupted are tried, until one of them is there again. Each makes
/// the driver ask where everything is.
const TRIES: usize = 4;

/// Why an order is seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Its watchers have come or gone, or a connection is lost.
    Changed,
    /// It is its turn.
    InTurn,
    /// It was interrupted.
    Again,
}

/// The connections to a cluster.
pub(crate) struct Connected {
    commands: ClusterConnection,
    subscriptions: ClusterConnection,
}

impl Shared {
    /// Connects to the nodes, and makes sure that they do what is wanted of them. Where they
    /// have just agreed on who has what, the driver may not know it yet.
    pub(crate) async fn connect_to(
        self: &Arc<Self>,
        nodes: &[ConnectionInfo],
    ) -> Result<Connected, RedisError> {
        let until = Instant::now() + TO_SETTLE;
        let mut pause = Pause::default();
        loop {
            match self.try_to_connect_to(nodes).await {
                Err(error) if is_moving(&error) && Instant::now() < until => {
                    sleep(pause.next()).await;
                }
                connected => return connected,
            }
        }
    }

    async fn try_to_connect_to(
        self: &Arc<Self>,
        nodes: &[ConnectionInfo],
    ) -> Result<Connected, RedisError> {
        let shared = Arc::downgrade(self);
        let on_push = move |push: PushInfo| {
            if let Some(shared) = shared.upgrade() {
                match push.kind {
                    PushKind::SMessage => shared.hear(&push.data),
                    PushKind::Disconnection => shared.follow_all_anew(),
                    // Also said by a node that has given the order to another.
                    PushKind::SUnsubscribe => push.data.first().into_iter().for_each(|channel| {
                        shared.follow_anew(channel);
                    }),
                    _ => {}
                }
            }
            Ok::<_, SendError>(())
        };
        let mut commands = client(nodes).build()?.get_async_connection().await?;
        // A cluster that is down lets one subscribe, and does nothing else.
        Cmd::exists(INDEX).exec_async(&mut commands).await?;
        let client = client(nodes).push_sender(on_push).build()?;
        let mut subscriptions = client.get_async_connection().await?;
        subscriptions.ssubscribe(INDEX).await?;
        subscriptions.sunsubscribe(INDEX).await?;
        Ok(Connected { commands, subscriptions })
    }

    /// Follows the orders that are watched, for ever. `tell` is told when the first of
    /// them is interrupted, and when none is any more.
    pub(crate) async fn keep_following(
        self: Arc<Self>,
        connected: Connected,
        tell: impl Fn(Result<(), &RedisError>),
    ) {
        let Connected { commands, subscriptions } = connected;
        self.use_from_now_on(Some(Connection::Cluster(commands)));
        let mut following = Following::new(&self, subscriptions);
        let mut turns = interval(PING_EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            following.see_to_changes();
            tokio::select! {
                () = self.changed.notified() => {}
                Some(done) = following.work.next() => following.take(done, &tell),
                () = sleep_until(following.next_try), if !following.interrupted.is_empty() => {
                    following.try_some();
                }
                _ = turns.tick() => following.see_to_some_in_turn(),
            }
        }
    }

    fn follow_anew(&self, channel: &Value) {
        let Some(order) = order_of(channel) else { return };
        let mut topics = self.topics();
        if topics.by_order.contains_key(&order) {
            topics.changed.insert(order);
            self.changed.notify_one();
        }
    }

    /// Begins or ends a subscription. Where it stands already that does no harm.
    async fn settle(
        &self,
        order: OrderId,
        mut subscriptions: ClusterConnection,
    ) -> Result<(), RedisError> {
        if !self.topics().by_order.contains_key(&order) {
            return subscriptions.sunsubscribe(key(order)).await;
        }
        // First this, and then what there is: what comes in between is heard.
        subscriptions.ssubscribe(key(order)).await?;
        let Ok(mut connection) = self.connection() else { return Ok(()) };
        let stored = as_stored(stored(order).query_async(&mut connection).await)?;
        if let Some(topic) = self.topics().by_order.get(&order) {
            topic.sight.send_if_modified(|sight| self.resume(order, None, sight, stored));
        }
        Ok(())
    }
}

fn is_moving(error: &RedisError) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK" | "TRYAGAIN"))
}

fn client(nodes: &[ConnectionInfo]) -> ClusterClientBuilder {
    ClusterClient::builder(nodes.iter().cloned())
        .use_protocol(ProtocolVersion::RESP3)
        .connection_timeout(TO_CONNECT)
        .response_timeout(PATIENCE)
        .retries(RETRIES)
        .min_retry_wait(RETRY_WAIT.0)
        .max_retry_wait(RETRY_WAIT.1)
}

/// What is being done about the orders.
struct Following<'s> {
    shared: &'s Shared,
    subscriptions: ClusterConnection,
    work: FuturesUnordered<BoxFuture<'s, Done>>,
    /// One thing at a time is done about an order: no subscription ends after the next
    /// one has begun. Orders do not wait for each other, as their nodes do not.
    under_way: HashSet<OrderId>,
    /// Those whose nodes do not answer.
    interrupted: HashSet<OrderId>,
    pause: Pause,
    next_try: Instant,
    /// Those whose turn is still to come.
    in_turn: Vec<OrderId>,
}

type Done = (OrderId, Why, Result<(), RedisError>);

impl<'s> Following<'s> {
    fn new(shared: &'s Shared, subscriptions: ClusterConnection) -> Self {
        Self {
            shared,
            subscriptions,
            work: FuturesUnordered::new(),
            under_way: HashSet::new(),
            interrupted: HashSet::new(),
            pause: Pause::default(),
            next_try: Instant::now(),
            in_turn: Vec::new(),
        }
    }

    fn see_to(&mut self, order: OrderId, why: Why) {
        if self.under_way.insert(order) {
            let (shared, subscriptions) = (self.shared, self.subscriptions.clone());
            let settling = async move { (order, why, shared.settle(order, subscriptions).await) };
            self.work.push(settling.boxed());
        }
    }

    fn see_to_changes(&mut self) {
        let room = AT_ONCE.saturating_sub(self.under_way.len());
        let some: Vec<OrderId> = {
            let mut topics = self.shared.topics();
            let can_begin = |it: &&OrderId| !self.under_way.contains(*it);
            let some: Vec<_> =
                topics.changed.iter().filter(can_begin).take(room).copied().collect();
            for order in &some {
                topics.changed.remove(order);
            }
            some
        };
        some.into_iter().for_each(|order| self.see_to(order, Why::Changed));
    }

    fn see_to_some_in_turn(&mut self) {
        if self.in_turn.is_empty() {
            self.in_turn = self.shared.topics().by_order.keys().copied().collect();
        }
        let rest = self.in_turn.len().saturating_sub(AT_ONCE);
        for order in self.in_turn.split_off(rest) {
            if !self.interrupted.contains(&order) {
                self.see_to(order, Why::InTurn);
            }
        }
    }

    /// Some at random: they may be of several nodes, of which one is there again.
    fn try_some(&mut self) {
        self.next_try = Instant::now() + self.pause.next();
        for order in fastrand::choose_multiple(self.interrupted.iter().copied(), TRIES) {
            self.see_to(order, Why::Again);
        }
    }

    fn take(&mut self, (order, why, result): Done, tell: &impl Fn(Result<(), &RedisError>)) {
        self.under_way.remove(&order);
        match result {
            Ok(()) => {
                if self.interrupted.remove(&order) && self.interrupted.is_empty() {
                    tell(Ok(()));
                }
                if why == Why::Again {
                    // So may the others be. And in looking for their node, the driver may
                    // have replaced the connections to all of them.
                    self.pause = Pause::default();
                    self.shared.topics().changed.extend(&self.interrupted);
                    self.shared.follow_all_anew();
                }
            }
            Err(error) => {
                if let Some(topic) = self.shared.topics().by_order.get(&order) {
                    topic.sight.send_if_modified(Sight::interrupt);
                }
                if self.interrupted.is_empty() {
                    tell(Err(&error));
                    self.pause = Pause::default();
                    self.next_try = Instant::now() + self.pause.next();
                }
                let is_new = self.interrupted.insert(order);
                if is_new && why == Why::InTurn {
                    // Its node is gone without a word, and others are there too.
                    self.shared.follow_all_anew();
                }
            }
        }
    }
}
