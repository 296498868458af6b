//! Orders in a Redis that several instances share.
//!
//! An order is a hash with a lifetime, and a channel of the same name. One connection
//! does for everything: commands go out on it, and what is published comes in.
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
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo,
    PushKind, RedisError, RedisResult, Script, Value,
};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::order::OrderId;
use crate::orders::{Delivered, Feed, Limits, Sight, Trouble};
use crate::position::{Position, Published};
use crate::way::{Station, Ways};

/// What the names of our keys and channels begin with.
const PREFIX: &str = "order-tracker:";

/// All orders that there are, by when they are over.
const INDEX: &str = "order-tracker-index";

/// How long Redis may take to let us in, and to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to ask whether it is still there: a network that is cut tells nobody.
const PING_EVERY: Duration = Duration::from_secs(5);

/// The time to the second attempt to connect; each further one takes twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// As many subscriptions begin or end by one command.
const AT_ONCE: usize = 500;

/// Longer messages on a channel are none of ours.
const LONGEST_MESSAGE: usize = 512;

/// Adds an order, unless there are as many as may be.
const OPEN: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 'full' end
redis.call('ZADD', KEYS[1], now + ARGV[1], KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'sequence', '-1')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 'opened'";

/// Compares, writes and publishes in one step. Between two of ours, a position that
/// another instance has taken meanwhile could be written over by an older one.
const DELIVER: &str = r"
local newest = redis.call('HGET', KEYS[1], 'sequence')
if not newest then return 'unknown' end
if tonumber(ARGV[1]) <= tonumber(newest) then return 'older' end
redis.call('HSET', KEYS[1], 'sequence', ARGV[1], 'position', ARGV[2])
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 'taken'";

/// The sequence and the position of an order, if it is there, and if there is one.
type Stored = (Option<String>, Option<Vec<u8>>);

/// This process's part of it.
pub(crate) struct Shared {
    client: Client,
    limits: Limits,
    pub(crate) ways: Ways,
    open: Script,
    deliver: Script,
    /// There is none while Redis is gone.
    connection: watch::Sender<Option<MultiplexedConnection>>,
    topics: Mutex<Topics>,
    /// Some of the topics have changed.
    changed: Notify,
}

/// The orders that are watched here.
#[derive(Default)]
struct Topics {
    by_order: HashMap<OrderId, Topic>,
    /// Those that are to be followed, or no longer. One task sees to all of them, so a
    /// subscription never ends after the next one of the same order has begun.
    changed: HashSet<OrderId>,
}

/// What all watchers of an order share here, and their subscription.
struct Topic {
    sight: watch::Sender<Sight>,
    watchers: usize,
}

impl Shared {
    /// Of the Redis at this address, which has to be one, and need not be there yet.
    pub(crate) fn new(url: &str, limits: Limits) -> Result<Arc<Self>, RedisError> {
        let address = url.into_connection_info()?;
        // Published messages come on the connection that commands go by.
        let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(address.set_redis_settings(settings))?;
        Ok(Arc::new(Self {
            client,
            limits,
            ways: Ways::default(),
            open: Script::new(OPEN),
            deliver: Script::new(DELIVER),
            connection: watch::Sender::new(None),
            topics: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// Whether this Redis is there, and does what is wanted of it.
    pub(crate) async fn check(self: &Arc<Self>) -> Result<(), RedisError> {
        self.connect(&Arc::default()).await?.subscribe(INDEX).await
    }

    /// Waits for the first connection, for as long as that may take.
    pub(crate) async fn until_connected(&self) {
        let mut connection = self.connection.subscribe();
        // Without one, requests are refused with a sentence.
        let _ = timeout(PATIENCE, connection.wait_for(Option::is_some)).await;
    }

    pub(crate) async fn open(&self, order: OrderId) -> Result<(), Trouble> {
        let (lifetime, most) = (self.limits.lifetime.as_millis(), self.limits.orders);
        let lifetime = u64::try_from(lifetime).unwrap_or(u64::MAX);
        let mut open = self.open.key(INDEX);
        open.key(key(order)).arg(lifetime).arg(most);
        let answer: String = open.invoke_async(&mut self.connection()?).await.map_err(trouble)?;
        if answer == "full" { Err(Trouble::Full(most)) } else { Ok(()) }
    }

    pub(crate) async fn deliver(
        &self,
        order: OrderId,
        position: &Position,
    ) -> Result<Delivered, Trouble> {
        let mut deliver = self.deliver.key(key(order));
        deliver.arg(position.sequence).arg(position.published().text.as_str());
        let answer: String =
            deliver.invoke_async(&mut self.connection()?).await.map_err(trouble)?;
        match answer.as_str() {
            "taken" => Ok(Delivered::Taken),
            "older" => Ok(Delivered::Older),
            _ => Err(Trouble::Unknown),
        }
    }

    pub(crate) async fn knows(&self, order: OrderId) -> Result<(), Trouble> {
        let ask = redis::Cmd::exists(key(order));
        let is_there = ask.query_async(&mut self.connection()?).await.map_err(trouble)?;
        if is_there { Ok(()) } else { Err(Trouble::Unknown) }
    }

    /// A place among the watchers. Whoever has it gives it back by [`leave`](Self::leave).
    pub(crate) async fn watch(
        &self,
        order: OrderId,
    ) -> Result<(watch::Receiver<Sight>, Instant), Trouble> {
        // An order that is none must not cost a subscription: anybody can ask for it.
        let ask = redis::Cmd::pttl(key(order));
        let left: i64 = ask.query_async(&mut self.connection()?).await.map_err(trouble)?;
        let left = u64::try_from(left).map_err(|_| Trouble::Unknown)?;
        let until = Instant::now() + Duration::from_millis(left);
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

    /// Waits until positions come, and the last one before them is known.
    pub(crate) async fn until_followed(
        &self,
        sight: &mut watch::Receiver<Sight>,
    ) -> Result<(), Trouble> {
        let followed = sight.wait_for(|it| it.feed != Feed::Starting);
        match timeout(PATIENCE, followed).await {
            Ok(Ok(sight)) if sight.feed == Feed::Over => Err(Trouble::Unknown),
            Ok(Ok(_)) => Ok(()),
            _ => Err(Trouble::Gone("the subscription has not begun in time".to_owned())),
        }
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

    fn topics(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> Result<MultiplexedConnection, Trouble> {
        let connection = self.connection.borrow().clone();
        connection.ok_or_else(|| Trouble::Gone("there is no connection".to_owned()))
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
    pub(crate) async fn keep_connected(self: Arc<Self>, tell: impl Fn(Result<(), &RedisError>)) {
        // Whoever starts this tells by itself that there has never been one.
        let (mut pause, mut is_there) = (FIRST_PAUSE, None);
        loop {
            let lost = Arc::new(Notify::new());
            let why = match self.connect(&lost).await {
                Ok(connection) => {
                    if is_there == Some(false) {
                        tell(Ok(()));
                    }
                    (pause, is_there) = (FIRST_PAUSE, Some(true));
                    self.follow(connection, &lost).await
                }
                Err(error) => error,
            };
            self.interrupt();
            if is_there == Some(true) {
                tell(Err(&why));
                is_there = Some(false);
            }
            // Instances that lost it at the same time do not come back at the same time.
            sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(
        self: &Arc<Self>,
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
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Follows the orders that are watched, until the connection is lost. Says why.
    async fn follow(&self, mut connection: MultiplexedConnection, lost: &Notify) -> RedisError {
        {
            let mut topics = self.topics();
            topics.changed = topics.by_order.keys().copied().collect();
        }
        self.connection.send_replace(Some(connection.clone()));
        let mut followed = HashSet::new();
        loop {
            if let Err(error) = self.catch_up(&mut connection, &mut followed).await {
                return error;
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = lost.notified() => return lost_connection(),
                () = sleep(PING_EVERY) => {
                    if let Err(error) = redis::cmd("PING").query_async::<Value>(&mut connection).await {
                        return error;
                    }
                }
            }
        }
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
            ask.hmget(key(*order), &["sequence", "position"]);
        }
        let answers: Vec<RedisResult<Stored>> = ask.query_async(connection).await?;
        let topics = self.topics();
        for (order, answer) in orders.iter().zip(answers) {
            let (sequence, position) = answer.unwrap_or_default();
            let Some(topic) = topics.by_order.get(order) else { continue };
            topic.sight.send_modify(|sight| {
                sight.feed = if sequence.is_some() { Feed::Live } else { Feed::Over };
                if let Some(position) = position.as_deref().and_then(read_position) {
                    self.show(*order, sight, position);
                }
            });
        }
        Ok(())
    }

    /// Takes what was published. The driver waits for this, so it waits for nobody.
    fn hear(&self, data: &[Value]) {
        let [Value::BulkString(channel), Value::BulkString(message)] = data else { return };
        let order = str::from_utf8(channel).ok().and_then(|it| it.strip_prefix(PREFIX));
        let Some(order) = order.and_then(OrderId::parse) else { return };
        // Whatever else is published there is nobody's position.
        let Some(position) = read_position(message) else { return };
        if let Some(topic) = self.topics().by_order.get(&order) {
            topic.sight.send_if_modified(|sight| self.show(order, sight, position));
        }
    }

    /// Has the watchers of an order see this, unless they have seen a newer one.
    fn show(&self, order: OrderId, sight: &mut Sight, position: Published) -> bool {
        let sequence = position.sequence;
        let is_newer = sight.take(position);
        let station = if is_newer { Station::Heard } else { Station::HeardAgain };
        self.ways.note(order, station, sequence);
        is_newer
    }

    fn interrupt(&self) {
        self.connection.send_replace(None);
        for topic in self.topics().by_order.values() {
            topic.sight.send_if_modified(|sight| {
                let was_live = sight.feed == Feed::Live;
                if was_live {
                    sight.feed = Feed::Interrupted;
                }
                was_live
            });
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Both the key of an order and its channel.
fn key(order: OrderId) -> String {
    format!("{PREFIX}{order}")
}

fn read_position(text: &[u8]) -> Option<Published> {
    let position: Position =
        (text.len() <= LONGEST_MESSAGE).then(|| serde_json::from_slice(text).ok())??;
    position.possible(Timestamp::now()).ok().map(|it| it.published())
}

fn trouble(error: RedisError) -> Trouble {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
            Trouble::Refused(error.to_string())
        }
        _ => Trouble::Gone(error.to_string()),
    }
}

fn lost_connection() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}
