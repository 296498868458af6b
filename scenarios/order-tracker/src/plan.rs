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
use socket2::SockRef;
use web_service::{Life, runtime, serve, stop_signal};

use crate::here::Here;
use crate::options::Options;
use crate::orders::{Limits, Orders};
use crate::poll::Poll;
use crate::routes::{App, router};
use crate::secret::Secret;
use crate::shared::Shared;
use crate::watcher::Rules;
use crate::way::is_here;

const REDIS_URL: &str = "REDIS_URL";

/// What the system keeps of what a watcher does not read, in bytes. With more, a slow
/// one would be sent old positions when it reads again, and not the newest.
const SEND_BUFFER: usize = 4 * 1024;

/// How much longer the server waits than each of its watchers does.
const MARGIN: Duration = Duration::from_secs(1);

/// What the tracker is to do, and all it needs for it.
pub struct Plan {
    options: Options,
    bound: Bound,
    secret: Secret,
    orders: Orders,
    poll: Option<Poll>,
}

impl Plan {
    /// Reads the command line and the environment, and listens.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// else with 1.
    pub fn from_args() -> Self {
        Self::new(Options::read()).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(options: Options) -> Result<Self, Failure> {
        // Each watcher takes a descriptor, and many systems give a program 1,024. Where
        // there are no more, those who come wait.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let bound = Bound::to(&options.addr)?;
        for socket in &bound.sockets {
            // Connections have it from the socket that accepts them.
            SockRef::from(socket).set_send_buffer_size(SEND_BUFFER).map_err(StartError::from)?;
        }
        let secret = Secret::from_env(is_loopback(&bound.sockets).map_err(StartError::from)?)?;
        let orders = orders(&options)?;
        let poll = options.poll.as_ref();
        let poll = poll.map(|url| Poll::new(url, options.poll_every)).transpose()?;
        Ok(Self { options, bound, secret, orders, poll })
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
        if let Orders::Shared(shared) = &self.orders {
            connect(shared).await.unwrap_or_else(|failure| harness::exit(&failure));
        }
        let Self { options, bound, secret, orders, poll } = self;
        let run = harness::start_open("order-tracker", &options.shared);
        let stop = match stop_signal() {
            Ok(stop) => stop,
            Err(error) => return run.finish(Err(StartError::from(error))),
        };
        let Bound { sockets, names, url } = bound;
        let serves = match &orders {
            Orders::Here(_) => {
                "orders are inside of this process, which is the one instance that serves them"
            }
            Orders::Shared(_) => "orders are in Redis, and every instance that uses it serves them",
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
        let app = App { orders, is_here: false, secret, names, life: life.clone(), rules, url };
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

fn orders(options: &Options) -> Result<Orders, Failure> {
    let Options { orders, watchers, lifetime, .. } = *options;
    let limits = Limits { orders, watchers, lifetime };
    match env::var(REDIS_URL) {
        Err(env::VarError::NotPresent) => Ok(Orders::Here(Arc::new(Here::new(limits)))),
        Ok(url) if !url.is_empty() => {
            let shared = Shared::new(&url, limits).map_err(|error| no_url(&error.to_string()))?;
            Ok(Orders::Shared(shared))
        }
        _ => Err(no_url("it is empty, or no text")),
    }
}

fn no_url(why: &str) -> Failure {
    Failure::new(
        format!("{REDIS_URL} is no address of a Redis: {}", without_passwords(why)),
        "set it to one such as redis://localhost:6379, or unset it to serve one instance only",
    )
}

/// Begins to keep the connection to Redis, which has to be there at the beginning.
async fn connect(shared: &Arc<Shared>) -> Result<(), Failure> {
    let tell = |connected: Result<(), &redis::RedisError>| match connected {
        Ok(()) => harness::note("Redis is back"),
        Err(why) => harness::note(&format!("Redis is gone, trying again: {why}")),
    };
    shared.check().await.map_err(|error| {
        let url = env::var(REDIS_URL).unwrap_or_default();
        Failure::new(
            without_passwords(&format!("no Redis that can be used is at {url} : {error}")),
            "start a Redis 6 or newer there, or unset REDIS_URL to serve one instance only",
        )
    })?;
    tokio::spawn(Arc::clone(shared).keep_connected(tell));
    shared.until_connected().await;
    Ok(())
}
