//! Orders in a Redis that several instances share.
//!
//! An order is a hash with a lifetime, and a channel of the same name. One connection
//! does for everything: commands go out on it, and what is published comes in. How a
//! cluster of them is followed is in `cluster`.
//!
//! What comes in is never put in line: it is written into the `watch` channel of its
//! order right where the driver reads it, and so a slow watcher costs nothing here.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult, ServerErrorKind, Value,
};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use crate::connection::Connection;
use crate::order::OrderId;
use crate::orders::{Delivered, Feed, Limits, Sight, Trouble};
use crate::position::{Position, Published};
use crate::way::{Station, Ways};

/// What the names of our keys and channels begin with.
const PREFIX: &str = "order-tracker:";

/// All orders that there are, by when they are over.
pub(crate) const INDEX: &str = "order-tracker-index";

/// How long Redis may take to let us in, and to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// How often to ask whether it is still there: a network that is cut tells nobody.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(5);

/// As many subscriptions begin or end by one command, and as many orders are read.
const AT_ONCE: usize = 500;

/// Longer messages on a channel are none of ours.
const LONGEST_MESSAGE: usize = 512;

/// Takes a place in the index, unless there are as many orders as may be. The index is
/// there for as long as the last of them: another instance's may be longer than ours.
const RESERVE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 'full' end
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 'reserved'";

/// Makes an order, which has no position yet.
const CREATE: &str = r"
redis.call('HSET', KEYS[1], 'sequence', '-1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'created'";

/// Compares, writes and publishes in one step. Between two of ours, a position that
/// another instance has taken meanwhile could be written over by an older one. How it
/// is published is the last argument: in a cluster, to the one node whose order it is.
const DELIVER: &str = r"
local newest = redis.call('HGET', KEYS[1], 'sequence')
if not newest then return 'unknown' end
if tonumber(ARGV[1]) <= tonumber(newest) then return 'older' end
redis.call('HSET', KEYS[1], 'sequence', ARGV[1], 'position', ARGV[2])
redis.call(ARGV[3], KEYS[1], ARGV[2])
return 'taken'";

/// The sequence and the position of an order, if it is there, and if there is one. They
/// are bytes: whoever has a place in Redis can write what is no text.
pub(crate) type Stored = (Option<Vec<u8>>, Option<Vec<u8>>);

/// This process's part of it.
pub(crate) struct Shared {
    redis: Redis,
    limits: Limits,
    pub(crate) ways: Ways,
    /// There is none while Redis is gone.
    connection: watch::Sender<Option<Connection>>,
    topics: Mutex<Topics>,
    /// Some of the topics have changed.
    pub(crate) changed: Notify,
}

/// What is connected to.
pub(crate) enum Redis {
    One(Client),
    /// A cluster, by some of its nodes.
    Cluster(Vec<ConnectionInfo>),
}

/// The orders that are watched here.
#[derive(Default)]
pub(crate) struct Topics {
    pub(crate) by_order: HashMap<OrderId, Topic>,
    /// Those that are to be followed, or no longer. One task sees to all of them, so a
    /// subscription never ends after the next one of the same order has begun.
    pub(crate) changed: HashSet<OrderId>,
}

/// What all watchers of an order share here, and their subscription.
pub(crate) struct Topic {
    pub(crate) sight: watch::Sender<Sight>,
    watchers: usize,
}

impl Shared {
    /// Of the Redis at this address, or of the cluster that has nodes at these, which
    /// are separated by commas. It has to be one, and need not be there yet.
    pub(crate) fn new(url: &str, limits: Limits) -> Result<Arc<Self>, RedisError> {
        let mut nodes = Vec::new();
        for url in url.split(',') {
            let address = url.into_connection_info()?;
            // Published messages come on the connection that commands go by.
            let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            nodes.push(address.set_redis_settings(settings));
        }
        let redis = match <[ConnectionInfo; 1]>::try_from(nodes) {
            Ok([address]) => Redis::One(Client::open(address)?),
            Err(nodes) => Redis::Cluster(nodes),
        };
        Ok(Arc::new(Self {
            redis,
            limits,
            ways: Ways::default(),
            connection: watch::Sender::new(None),
            topics: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Waits for the first connection, for as long as that may take.
    pub(crate) async fn until_connected(&self) {
        let mut connection = self.connection.subscribe();
        // Without one, requests are refused with a sentence.
        let _ = timeout(PATIENCE, connection.wait_for(Option::is_some)).await;
    }

    /// In two steps, because in a cluster the index and the order may be two nodes'
    /// matters, and no script can be about both. An instance that is killed between
    /// them leaves a place in the index that nobody has: it is free again when the
    /// order's time would have been over. The other way round it would leave an order
    /// that nobody counts.
    pub(crate) async fn open(&self, order: OrderId) -> Result<(), Trouble> {
        let (lifetime, most) = (self.limits.lifetime.as_millis(), self.limits.orders);
        let lifetime = u64::try_from(lifetime).unwrap_or(u64::MAX);
        let mut connection = self.connection()?;
        let mut reserve = script(RESERVE, INDEX);
        reserve.arg(lifetime).arg(most).arg(key(order));
        let answer: String = reserve.query_async(&mut connection).await.map_err(trouble)?;
        if answer == "full" {
            return Err(Trouble::Full(most));
        }
        let mut create = script(CREATE, &key(order));
        let created = create.arg(lifetime).exec_async(&mut connection).await;
        if created.is_err() {
            let mut give_back = redis::cmd("ZREM");
            give_back.arg(INDEX).arg(key(order));
            // If that fails as well, it is as if we had been killed.
            let _ = give_back.exec_async(&mut connection).await;
        }
        created.map_err(trouble)
    }

    pub(crate) async fn deliver(
        &self,
        order: OrderId,
        position: &Position,
    ) -> Result<Delivered, Trouble> {
        let publish = match self.redis {
            Redis::One(_) => "PUBLISH",
            Redis::Cluster(_) => "SPUBLISH",
        };
        let mut deliver = script(DELIVER, &key(order));
        deliver.arg(position.sequence).arg(position.published().text.as_str()).arg(publish);
        let answer: String = deliver.query_async(&mut self.connection()?).await.map_err(trouble)?;
        match answer.as_str() {
            "taken" => Ok(Delivered::Taken),
            "older" => Ok(Delivered::Older),
            _ => Err(Trouble::Unknown),
        }
    }

    pub(crate) async fn knows(&self, order: OrderId) -> Result<(), Trouble> {
        self.end_of(order).await.map(drop)
    }

    /// When the order's time is over.
    pub(crate) async fn end_of(&self, order: OrderId) -> Result<Instant, Trouble> {
        let ask = Cmd::pttl(key(order));
        let left: i64 = ask.query_async(&mut self.connection()?).await.map_err(trouble)?;
        let left = u64::try_from(left).map_err(|_| Trouble::Unknown)?;
        Ok(Instant::now() + Duration::from_millis(left))
    }

    /// A place among the watchers. Whoever has it gives it back by [`leave`](Self::leave).
    pub(crate) async fn watch(
        &self,
        order: OrderId,
    ) -> Result<(watch::Receiver<Sight>, Instant), Trouble> {
        // An order that is none must not cost a subscription: anybody can ask for it.
        let until = self.end_of(order).await?;
        let mut topics = self.topics();
        let topic = topics
            .by_order
            .entry(order)
            .or_insert_with(|| Topic { sight: watch::Sender::new(Sight::default()), watchers: 0 });
        if topic.watchers >= self.limits.watchers {
            return Err(Trouble::Crowded(self.limits.watchers));
        }
        topic.watchers += 1;
        let (sight, is_first) = (topic.sight.subscribe(), topic.watchers == 1);
        if is_first {
            topics.changed.insert(order);
            self.changed.notify_one();
        }
        Ok((sight, until))
    }

    pub(crate) fn leave(&self, order: OrderId) {
        let mut topics = self.topics();
        let Some(topic) = topics.by_order.get_mut(&order) else { return };
        topic.watchers -= 1;
        if topic.watchers == 0 {
            topics.by_order.remove(&order);
            topics.changed.insert(order);
            self.changed.notify_one();
        }
    }

    pub(crate) fn topics(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connection(&self) -> Result<Connection, Trouble> {
        let connection = self.connection.borrow().clone();
        connection.ok_or_else(|| Trouble::Gone("there is no connection".to_owned()))
    }

    pub(crate) fn use_from_now_on(&self, connection: Option<Connection>) {
        self.connection.send_replace(connection);
    }
}

/// Keeping the connection, and the subscriptions on it.
impl Shared {
    /// Connects, and does so again whenever the connection is lost. `tell` is told of
    /// either, once.
    ///
    /// The driver can subscribe anew by itself, but it gives up after some attempts, and
    /// does not say when the subscriptions stand: before that it is no use to read what
    /// has been missed.
    pub(crate) async fn keep_connected(
        self: Arc<Self>,
        client: Client,
        tell: impl Fn(Result<(), &RedisError>),
    ) {
        // Whoever starts this tells by itself that there has never been one.
        let (mut pause, mut is_there) = (Pause::default(), None);
        loop {
            let lost = Arc::new(Notify::new());
            let why = match self.connect(&client, &lost).await {
                Ok(connection) => {
                    if is_there == Some(false) {
                        tell(Ok(()));
                    }
                    (pause, is_there) = (Pause::default(), Some(true));
                    self.follow(connection, &lost).await
                }
                Err(error) => error,
            };
            self.interrupt();
            if is_there == Some(true) {
                tell(Err(&why));
                is_there = Some(false);
            }
            sleep(pause.next()).await;
        }
    }

    /// Whether this Redis is there, and does what is wanted of it.
    pub(crate) async fn check(self: &Arc<Self>, client: &Client) -> Result<(), Unusable> {
        let mut connection = self.connect(client, &Arc::default()).await?;
        connection.subscribe(INDEX).await?;
        let about = redis::cmd("INFO").arg("cluster").query_async(&mut connection).await;
        // Where we may not know, we find out when we are sent elsewhere.
        let about: String = about.unwrap_or_default();
        // It would answer for its own orders alone.
        if about.contains("cluster_enabled:1") { Err(Unusable::OneNode) } else { Ok(()) }
    }

    async fn connect(
        self: &Arc<Self>,
        client: &Client,
        lost: &Arc<Notify>,
    ) -> Result<MultiplexedConnection, RedisError> {
        let (shared, lost) = (Arc::downgrade(self), Arc::clone(lost));
        let on_push = move |push: PushInfo| {
            match (push.kind, shared.upgrade()) {
                (PushKind::Message, Some(shared)) => shared.hear(&push.data),
                (PushKind::Disconnection, _) => lost.notify_one(),
                _ => {}
            }
            Ok::<_, SendError>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(on_push);
        client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Follows the orders that are watched, until the connection is lost. Says why.
    async fn follow(&self, mut connection: MultiplexedConnection, lost: &Notify) -> RedisError {
        self.follow_all_anew();
        self.use_from_now_on(Some(Connection::One(connection.clone())));
        let (mut followed, mut in_turn) = (HashSet::new(), Vec::new());
        let mut turns = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Err(error) = self.catch_up(&mut connection, &mut followed).await {
                return error;
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = lost.notified() => return lost_connection(),
                _ = turns.tick() => {
                    let asked = self.ask_in_turn(&mut connection, &followed, &mut in_turn).await;
                    if let Err(error) = asked {
                        return error;
                    }
                }
            }
        }
    }

    /// Asks Redis whether it is still there, and for some of the orders with it. One may
    /// be taken away before its time: removed, or where there was no room. Redis tells
    /// nobody of that.
    async fn ask_in_turn(
        &self,
        connection: &mut MultiplexedConnection,
        followed: &HashSet<OrderId>,
        in_turn: &mut Vec<OrderId>,
    ) -> Result<(), RedisError> {
        if in_turn.is_empty() {
            in_turn.extend(followed);
        }
        let mut some = in_turn.split_off(in_turn.len().saturating_sub(AT_ONCE));
        some.retain(|order| followed.contains(order));
        if some.is_empty() {
            return redis::cmd("PING").query_async::<Value>(connection).await.map(drop);
        }
        self.read(connection, &some).await
    }

    /// Whatever was subscribed may be so no longer.
    pub(crate) fn follow_all_anew(&self) {
        let Topics { by_order, changed } = &mut *self.topics();
        changed.extend(by_order.keys());
        self.changed.notify_one();
    }

    /// Begins and ends subscriptions, until they are those of the orders that are watched.
    async fn catch_up(
        &self,
        connection: &mut MultiplexedConnection,
        followed: &mut HashSet<OrderId>,
    ) -> Result<(), RedisError> {
        loop {
            let (begin, end) = self.some_changes();
            if begin.is_empty() && end.is_empty() {
                return Ok(());
            }
            let end: Vec<String> =
                end.iter().filter(|it| followed.remove(it)).map(|it| key(*it)).collect();
            if !end.is_empty() {
                connection.unsubscribe(end).await?;
            }
            if !begin.is_empty() {
                // First this, and then what there is: what comes in between is heard.
                connection.subscribe(begin.iter().map(|it| key(*it)).collect::<Vec<_>>()).await?;
                self.read(connection, &begin).await?;
                followed.extend(begin);
            }
        }
    }

    /// Some of those that are to be followed from now on, and of those that are not.
    fn some_changes(&self) -> (Vec<OrderId>, Vec<OrderId>) {
        let mut topics = self.topics();
        let some: Vec<OrderId> = topics.changed.iter().take(AT_ONCE).copied().collect();
        for order in &some {
            topics.changed.remove(order);
        }
        some.into_iter().partition(|order| topics.by_order.contains_key(order))
    }

    /// Reads the last position of each.
    async fn read(
        &self,
        connection: &mut MultiplexedConnection,
        orders: &[OrderId],
    ) -> Result<(), RedisError> {
        let mut ask = redis::pipe();
        // A key that somebody else has made something else of harms its own order alone.
        ask.ignore_errors();
        for order in orders {
            ask.add_command(stored(*order));
        }
        let answers: Vec<RedisResult<Stored>> = ask.query_async(connection).await?;
        let topics = self.topics();
        for (order, answer) in orders.iter().zip(answers) {
            let stored = as_stored(answer)?;
            let Some(topic) = topics.by_order.get(order) else { continue };
            topic.sight.send_if_modified(|sight| self.resume(*order, None, sight, stored));
        }
        Ok(())
    }

    /// Takes what was published. The driver waits for this, so it waits for nobody.
    pub(crate) fn hear(&self, data: &[Value]) {
        let [channel, Value::BulkString(message)] = data else { return };
        let Some(order) = order_of(channel) else { return };
        // Whatever else is published there is nobody's position.
        let Some(position) = read_position(message) else { return };
        if let Some(topic) = self.topics().by_order.get(&order) {
            topic.sight.send_if_modified(|sight| self.show(order, None, sight, position));
        }
    }

    /// Has watchers of an order see what is stored of it, now that all that comes is heard.
    /// Tells whether anything of it is new.
    pub(crate) fn resume(
        &self,
        order: OrderId,
        watcher: Option<u64>,
        sight: &mut Sight,
        (sequence, position): Stored,
    ) -> bool {
        let feed = if sequence.is_some() { Feed::Live } else { Feed::Over };
        let is_another = std::mem::replace(&mut sight.feed, feed) != feed;
        let position = position.as_deref().and_then(read_position);
        position.is_some_and(|position| self.show(order, watcher, sight, position)) || is_another
    }

    /// Has them see this, unless they have seen a newer one.
    pub(crate) fn show(
        &self,
        order: OrderId,
        watcher: Option<u64>,
        sight: &mut Sight,
        position: Published,
    ) -> bool {
        let sequence = position.sequence;
        let is_newer = sight.take(position);
        let station = if is_newer { Station::Heard } else { Station::HeardAgain };
        self.ways.note_of(order, station, sequence, watcher);
        is_newer
    }

    fn interrupt(&self) {
        self.use_from_now_on(None);
        for topic in self.topics().by_order.values() {
            topic.sight.send_if_modified(Sight::interrupt);
        }
    }
}

/// Waits until positions come, and the last one before them is known.
pub(crate) async fn until_followed(sight: &mut watch::Receiver<Sight>) -> Result<(), Trouble> {
    let followed = sight.wait_for(|it| it.feed != Feed::Starting);
    match timeout(PATIENCE, followed).await {
        Ok(Ok(sight)) if sight.feed == Feed::Over => Err(Trouble::Unknown),
        Ok(Ok(_)) => Ok(()),
        _ => Err(Trouble::Gone("the subscription has not begun in time".to_owned())),
    }
}

impl Sight {
    /// Tells whether that is new.
    pub(crate) fn interrupt(&mut self) -> bool {
        let was_live = self.feed == Feed::Live;
        if was_live {
            self.feed = Feed::Interrupted;
        }
        was_live
    }
}

/// Why a Redis is none for us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(transparent)]
    Failed(#[from] RedisError),
    #[error("it is a node of a cluster, and no Redis of its own")]
    OneNode,
}

/// How long to wait for the next attempt.
#[derive(Debug)]
pub(crate) struct Pause(Duration);

impl Pause {
    /// The longest of them.
    const LONGEST: Duration = Duration::from_secs(2);

    /// The first is short, and each further one twice as long.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Self::LONGEST);
        // Instances that lost it at the same time do not come back at the same time.
        pause.mul_f64(0.5 + fastrand::f64())
    }
}

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_millis(100))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Both the key of an order and its channel. A cluster gives a name to one of its nodes,
/// so what has one name is one node's.
pub(crate) fn key(order: OrderId) -> String {
    format!("{PREFIX}{order}")
}

/// Whose channel it is.
pub(crate) fn order_of(channel: &Value) -> Option<OrderId> {
    let Value::BulkString(channel) = channel else { return None };
    let order = str::from_utf8(channel).ok()?.strip_prefix(PREFIX)?;
    OrderId::parse(order)
}

/// Asks for what is [`Stored`] of an order.
pub(crate) fn stored(order: OrderId) -> Cmd {
    Cmd::hmget(key(order), &["sequence", "position"])
}

/// What is stored, as Redis has answered. A key that somebody else has made something
/// else of is no order. A Redis that is reading its files says so, and may have one yet.
pub(crate) fn as_stored(answer: RedisResult<Stored>) -> RedisResult<Stored> {
    match answer {
        Err(error) if error.code() == Some("WRONGTYPE") => Ok((None, None)),
        answer => answer,
    }
}

/// With the text of it each time. By its hash alone a node knows no script that nobody
/// has loaded there, and one that was killed has forgotten those that somebody had.
fn script(text: &str, key: &str) -> Cmd {
    let mut script = redis::cmd("EVAL");
    script.arg(text).arg(1).arg(key);
    script
}

pub(crate) fn read_position(text: &[u8]) -> Option<Published> {
    let position: Position =
        (text.len() <= LONGEST_MESSAGE).then(|| serde_json::from_slice(text).ok())??;
    position.possible(Timestamp::now()).ok().map(|it| it.published())
}

pub(crate) fn trouble(error: RedisError) -> Trouble {
    let why = error.to_string();
    if is_gone(&error) { Trouble::Gone(why) } else { Trouble::Refused(why) }
}

/// Whether it does not answer, or is about to be there and says so.
fn is_gone(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, TryAgain};
    match error.kind() {
        ErrorKind::Server(kind) => {
            matches!(kind, Ask | BusyLoading | ClusterDown | MasterDown | Moved | TryAgain)
        }
        ErrorKind::Extension | ErrorKind::UnexpectedReturnType => false,
        _ => true,
    }
}

fn lost_connection() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}
