//! The tracker from its command line to its end.

use std::env;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use delay_server::{Bound, StartError};
use harness::Failure;
use harness::args::without_passwords;
use redis::{ErrorKind, ServerErrorKind};
use socket2::SockRef;
use web_service::{Life, is_here, runtime, serve, stop_signal};

use crate::here::Here;
use crate::options::Options;
use crate::orders::{Limits, Orders};
use crate::per_watcher::PerWatcher;
use crate::poll::Poll;
use crate::routes::{App, router};
use crate::secret::Secret;
use crate::shared::{Redis, Shared, Unusable};
use crate::sockets::Sockets;
use crate::watcher::Rules;

const REDIS_URL: &str = "REDIS_URL";

/// What the system keeps of what a watcher does not read, in bytes. With more, a slow
/// one would be sent old positions when it reads again, and not the newest.
const SEND_BUFFER: usize = 4 * 1024;

/// How much longer the server waits than each of its watchers does.
const MARGIN: Duration = Duration::from_secs(1);

/// How watchers hear of what is in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hearing {
    /// By one connection for all of them.
    Shared,
    /// By one for each.
    PerWatcher,
}

/// What the tracker is to do, and all it needs for it.
pub struct Plan {
    hearing: Hearing,
    options: Options,
    bound: Bound,
    secret: Secret,
    orders: Orders,
    sockets: Sockets,
    poll: Option<Poll>,
}

impl Plan {
    /// Reads the command line and the environment, and listens.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// else with 1.
    pub fn from_args() -> Self {
        Self::read(Hearing::Shared)
    }

    /// The same where each watcher has a connection to Redis of their own.
    ///
    /// Ends the process as [`from_args`](Self::from_args) does, and where there is no
    /// Redis to connect to.
    pub fn with_a_connection_per_watcher() -> Self {
        Self::read(Hearing::PerWatcher)
    }

    fn read(hearing: Hearing) -> Self {
        let plan = Self::new(Options::read(), hearing);
        plan.unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(options: Options, hearing: Hearing) -> Result<Self, Failure> {
        // Each watcher takes a descriptor, and many systems give a program 1,024. Where
        // there are no more, those who come wait.
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
        let sockets = Sockets::new(options.sockets, files, hearing.descriptors());
        let bound = Bound::to(&options.addr)?;
        for socket in &bound.sockets {
            // Connections have it from the socket that accepts them.
            SockRef::from(socket).set_send_buffer_size(SEND_BUFFER).map_err(StartError::from)?;
        }
        let secret = Secret::from_env(is_loopback(&bound.sockets).map_err(StartError::from)?)?;
        let orders = orders(&options, hearing)?;
        let poll = options.poll.as_ref();
        let poll = poll.map(|url| Poll::new(url, options.poll_every)).transpose()?;
        Ok(Self { hearing, options, bound, secret, orders, sockets, poll })
    }

    /// Serves couriers and watchers until a signal ends it: then every WebSocket is
    /// closed, and the picture of all is drawn.
    pub fn serve(self) -> ExitCode {
        let runtime = runtime(self.options.threads)
            .unwrap_or_else(|error| harness::exit(&StartError::from(error).into()));
        let ended = runtime.block_on(self.run());
        // What goes on after the grace period is not waited for.
        runtime.shutdown_background();
        ended
    }

    async fn run(self) -> ExitCode {
        if let Some(shared) = self.orders.shared() {
            connect(shared).await.unwrap_or_else(|failure| harness::exit(&failure));
        }
        let Self { hearing, options, bound, secret, orders, sockets: places, poll } = self;
        let run = harness::start_open(hearing.program(), &options.shared);
        let stop = match stop_signal() {
            Ok(stop) => stop,
            Err(error) => return run.finish(Err(StartError::from(error))),
        };
        let Bound { sockets, names, url } = bound;
        let serves = match &orders {
            Orders::Here(_) => {
                "orders are inside of this process, which is the one instance that serves them"
            }
            Orders::Shared(shared) => match shared.redis() {
                Redis::One(_) => "orders are in Redis, and every instance that uses it serves them",
                Redis::Cluster(_) => {
                    "orders are in a Redis Cluster, each on one of its nodes, and every instance \
                     that uses it serves them"
                }
            },
            Orders::PerWatcher(_) => {
                "orders are in Redis, where each watcher has a connection, and every instance \
                 that uses it serves them"
            }
        };
        run.say(&format!("Listening at {url}: {serves}"));
        if !secret.is_set() {
            harness::note("DELIVERY_SECRET is not set: every program of this machine may deliver");
        }
        if let Some(poll) = poll {
            tokio::spawn(poll.keep_asking(orders.clone()));
        }
        let Options { frame, idle, grace, .. } = options;
        let (life, rules) = (Life::default(), Rules { frame, idle, grace });
        let (names, url) = (Arc::new(names), url.into());
        let app =
            App { orders, is_here: false, secret, names, places, life: life.clone(), rules, url };
        let ended = serve(sockets, routers(app), life, stop, grace + MARGIN).await;
        run.finish(ended.map_err(|error| StartError::from(error).into()).and_then(all_ended))
    }
}

/// What a client with this address is answered by.
fn routers(app: App) -> impl Fn(SocketAddr) -> Router + Clone + Send + 'static {
    let router_here = router(App { is_here: true, ..app.clone() });
    let router = router(app);
    move |client| if is_here(client) { router_here.clone() } else { router.clone() }
}

fn all_ended(left: usize) -> Result<(), Failure> {
    if left == 0 {
        return Ok(());
    }
    Err(Failure::new(
        format!("the grace period is over, and {left} of the requests and watchers had not ended"),
        "give them longer with --grace",
    ))
}

fn is_loopback(sockets: &[TcpListener]) -> io::Result<bool> {
    let mut all = true;
    for socket in sockets {
        all &= socket.local_addr()?.ip().is_loopback();
    }
    Ok(all)
}

impl Hearing {
    /// What the program is called that does so.
    fn program(self) -> &'static str {
        match self {
            Self::Shared => "order-tracker",
            Self::PerWatcher => "tracker-connection-per-watcher",
        }
    }

    /// How many files, as the system counts them, a watcher takes.
    fn descriptors(self) -> u64 {
        match self {
            Self::Shared => 1,
            Self::PerWatcher => 2,
        }
    }
}

fn orders(options: &Options, hearing: Hearing) -> Result<Orders, Failure> {
    let Options { orders, watchers, lifetime, .. } = *options;
    let limits = Limits { orders, watchers, lifetime };
    let url = match env::var(REDIS_URL) {
        Err(env::VarError::NotPresent) if hearing == Hearing::Shared => {
            return Ok(Orders::Here(Arc::new(Here::new(limits))));
        }
        Err(env::VarError::NotPresent) => return Err(no_redis()),
        Ok(url) if !url.is_empty() => url,
        _ => return Err(no_url("it is empty, or no text")),
    };
    let shared = Shared::new(&url, limits).map_err(|error| no_url(&error.to_string()))?;
    match (hearing, shared.redis()) {
        (Hearing::Shared, _) => Ok(Orders::Shared(shared)),
        (Hearing::PerWatcher, Redis::One(client)) => {
            let client = client.clone();
            Ok(Orders::PerWatcher(Arc::new(PerWatcher::new(client, shared, watchers))))
        }
        (Hearing::PerWatcher, Redis::Cluster(_)) => Err(Failure::new(
            format!("{REDIS_URL} names several nodes, and here watchers connect to one Redis"),
            "name one Redis, or run order-tracker, which can use a cluster",
        )),
    }
}

fn no_redis() -> Failure {
    Failure::new(
        format!("{REDIS_URL} is not set, and here each watcher has a connection to Redis"),
        "set it to an address such as redis://localhost:6379, or run order-tracker, which needs none",
    )
}

fn no_url(why: &str) -> Failure {
    Failure::new(
        format!("{REDIS_URL} is no address of a Redis: {}", without_passwords(why)),
        "set it to one such as redis://localhost:6379, or unset it to serve one instance only",
    )
}

/// Begins to keep the connection to Redis, which has to be there at the beginning.
async fn connect(shared: &Arc<Shared>) -> Result<(), Failure> {
    let following = Arc::clone(shared);
    match shared.redis() {
        Redis::One(client) => {
            shared.check(client).await.map_err(|error| unusable(&error))?;
            let tell = |connected: Result<(), &redis::RedisError>| match connected {
                Ok(()) => harness::note("Redis is back"),
                Err(why) => harness::note(&format!("Redis is gone, trying again: {why}")),
            };
            tokio::spawn(following.keep_connected(client.clone(), tell));
        }
        Redis::Cluster(nodes) => {
            let connected = shared.connect_to(nodes).await;
            let connected = connected.map_err(|error| unusable_cluster(&error))?;
            let tell = |there: Result<(), &redis::RedisError>| match there {
                Ok(()) => harness::note("every order's node is there again"),
                Err(why) => {
                    harness::note(&format!("an order's node is gone, trying again: {why}"));
                }
            };
            tokio::spawn(following.keep_following(connected, tell));
        }
    }
    shared.until_connected().await;
    Ok(())
}

fn unusable(error: &Unusable) -> Failure {
    let url = env::var(REDIS_URL).unwrap_or_default();
    let hint = match error {
        Unusable::Failed(_) => {
            "start a Redis 6 or newer there, or unset REDIS_URL to serve one instance only"
        }
        Unusable::OneNode => {
            "name several of the cluster's nodes, separated by commas, or unset REDIS_URL to \
             serve one instance only"
        }
    };
    let cause = format!("no Redis that can be used is at {url} : {error}");
    Failure::new(without_passwords(&cause), hint)
}

fn unusable_cluster(error: &redis::RedisError) -> Failure {
    let url = env::var(REDIS_URL).unwrap_or_default();
    let why = error.to_string();
    let hint = if why.contains("cluster support disabled") {
        "name one Redis without a comma, or start each with --cluster-enabled yes and join them"
    } else if why.contains("unknown command") {
        "start Redis 7 or newer: before that, a cluster has no sharded channels (SSUBSCRIBE)"
    } else if error.kind() == ErrorKind::Server(ServerErrorKind::ClusterDown) {
        "look at what redis-cli cluster info and redis-cli --cluster check say of it"
    } else if error.kind() == ErrorKind::ClusterConnectionNotFound {
        "nodes answer, and none of them has slots: join them by redis-cli --cluster create"
    } else {
        "start the cluster's nodes, or unset REDIS_URL to serve one instance only"
    };
    let cause = format!("no Redis Cluster that can be used is at {url} : {why}");
    Failure::new(without_passwords(&cause), hint)
}
