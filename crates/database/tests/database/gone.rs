//! Servers that go away, or stand still, when a pool already has connections to them.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use database::asynchronous::Pool;
use database::{Database, Trouble};
use futures::future::{join, join_all, pending};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::silence::block_on;

/// Stands between a pool and the real server.
struct Relay {
    url: String,
    calls: Arc<AtomicUsize>,
    frozen: watch::Sender<bool>,
    event_loop: Runtime,
}

impl Relay {
    fn start() -> Self {
        let url = env::var("DATABASE_URL").expect("run scripts/test");
        let (before, after) = url.split_once("://").unwrap();
        let (server, name) = after.split_once('/').unwrap();
        let (user, server) = server.rsplit_once('@').unwrap();
        let event_loop = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let event_loop = event_loop.unwrap();
        let listener = event_loop.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let here = listener.local_addr().unwrap();
        let (frozen, calls) = (watch::Sender::new(false), Arc::<AtomicUsize>::default());
        event_loop.spawn(relay_all(listener, server.to_owned(), frozen.clone(), calls.clone()));
        let url = format!("{before}://{user}@{here}/{name}?connect_timeout=2");
        Self { url, calls, frozen, event_loop }
    }

    fn pool(&self, most: u32) -> Pool {
        Pool::new(&Database::parse(&self.url).unwrap(), most)
    }

    /// From here on nobody answers, and the connections are gone.
    fn close(self) {
        self.event_loop.shutdown_background();
    }

    /// From here on all calls are taken, and nothing is said.
    fn freeze(&self) {
        self.frozen.send_replace(true);
    }
}

async fn relay_all(
    listener: TcpListener,
    server: String,
    frozen: watch::Sender<bool>,
    calls: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        calls.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(relay(client, server.clone(), frozen.subscribe()));
    }
}

async fn relay(mut client: TcpStream, server: String, mut frozen: watch::Receiver<bool>) {
    let is_frozen = async {
        let _ = frozen.wait_for(|frozen| *frozen).await;
    };
    let passing_on = async {
        let mut server = TcpStream::connect(server).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    };
    tokio::select! {
        biased;
        () = is_frozen => {}
        () = passing_on => return,
    }
    pending::<()>().await;
    drop(client);
}

/// A pool that says nothing makes the test fail, and not wait for a day.
async fn in_time<T>(waiting: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), waiting).await.expect("they are told in time")
}

const SLOW: &str = "SELECT 'done' FROM pg_sleep(300)";

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn whoever_waits_for_a_server_that_goes_away_is_told_so() {
    let relay = Relay::start();
    let calls = relay.calls.clone();
    let answers = block_on(async {
        let pool = relay.pool(1);
        let closing = async {
            // One has the connection then, and the others wait for it.
            while calls.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(10)).await;
            }
            sleep(Duration::from_secs(2)).await;
            relay.close();
        };
        join(in_time(join_all((0..4).map(|_| pool.text(SLOW)))), closing).await.0
    });
    for answer in answers {
        let error = answer.unwrap_err();
        let gone = matches!(error.trouble, Trouble::Stopped(_) | Trouble::NobodyThere(_));
        assert!(gone, "{error:?}");
    }
}

/// It is the database that ends statements. One that does not is not there.
#[test]
#[ignore = "needs Postgres: scripts/test"]
fn who_waits_for_a_server_that_ends_nothing_is_told_that_it_went_away() {
    let relay = Relay::start();
    block_on(async {
        let mut connection = Database::parse(&relay.url).unwrap().connect_async().await.unwrap();
        connection.limit_statements(Duration::from_secs(1)).await.unwrap();
        assert_eq!(connection.text("SELECT 'here'").await.unwrap().as_deref(), Some("here"));
        relay.freeze();
        let error = in_time(connection.text("SELECT 'here'")).await.unwrap_err();
        let wanted = Trouble::Stopped("it has not answered for 6 s".to_owned());
        assert_eq!(error.trouble, wanted);
    });
}

/// A connection is idle then, and one more asks why it does not come.
#[test]
#[ignore = "needs Postgres: scripts/test"]
fn one_asks_for_all_why_a_server_that_was_there_says_nothing() {
    let relay = Relay::start();
    block_on(async {
        let pool = relay.pool(1);
        assert_eq!(pool.text("SELECT 'here'").await.unwrap().as_deref(), Some("here"));
        relay.freeze();
        for answer in in_time(join_all((0..8).map(|_| pool.text("SELECT 'here'")))).await {
            let error = answer.unwrap_err();
            assert_eq!(error.trouble, Trouble::Silent(Duration::from_secs(2)), "{error}");
        }
    });
    assert_eq!(relay.calls.load(Ordering::SeqCst), 2);
}
