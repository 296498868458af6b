//! Answering clients until the server is told to stop.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use delay_server::{Bound, next_connection};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lens::Lens;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::unconstrained;
use tokio::time::{sleep, timeout};

use crate::recordings;
use crate::routes::{App, CarryOut, router};

/// How long a connection may take over the head of its next request, and so also how
/// long it may stay open without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes. The least that hyper allows.
const MAX_HEAD: usize = 8 * 1024;

/// How long the last answers may take to reach their clients.
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers whoever comes until `stop` is there, and then those who have come. Gives
/// how many requests had no answer when the grace period was over.
pub(crate) async fn serve(
    bound: Bound,
    carry_out: Arc<CarryOut>,
    lens: Lens,
    stop: oneshot::Receiver<()>,
    grace: Duration,
) -> io::Result<usize> {
    let sockets: Vec<TcpListener> =
        bound.sockets.into_iter().map(TcpListener::from_std).collect::<io::Result<_>>()?;
    let (under_way, _) = watch::channel(());
    let app = App { carry_out, lens, names: Arc::new(bound.names), under_way: under_way.clone() };
    let connections = Connections::new(app);
    let (stopping, _) = watch::channel(());
    // Unconstrained: the system refuses clients when too many wait to be accepted,
    // so accepting all of them comes before answering one.
    let accepting = unconstrained(accept_all(&sockets, &connections, &stopping));
    tokio::select! {
        _ = stop => {}
        never = accepting => never,
    }
    // New clients are refused from here on.
    drop(sockets);
    stopping.send_replace(());
    let finishing = async {
        tokio::select! {
            () = stopping.closed() => {}
            // A client that never ends its request would hold up the others' end.
            () = async { under_way.closed().await; sleep(FAREWELL).await } => {}
        }
        // Their clients may have hung up.
        under_way.closed().await;
    };
    let _ = timeout(grace, finishing).await;
    Ok(under_way.receiver_count())
}

async fn accept_all(
    sockets: &[TcpListener],
    connections: &Connections,
    stopping: &watch::Sender<()>,
) -> ! {
    loop {
        let stream = next_connection(sockets).await;
        tokio::spawn(connections.clone().serve(stream, stopping.subscribe()));
    }
}

/// What all connections share.
#[derive(Clone)]
struct Connections {
    http: Arc<http1::Builder>,
    /// What clients on other machines are answered by.
    router: Router,
    /// And those on this one.
    router_here: Router,
}

impl Connections {
    fn new(app: App) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
        let router = router(app.clone());
        Self { http: Arc::new(http), router_here: recordings::route(router.clone(), app), router }
    }

    /// Serves a client until one of them ends the connection, or the server stops
    /// and no request is left.
    async fn serve(self, stream: TcpStream, mut stopping: watch::Receiver<()>) {
        let is_here = stream.peer_addr().is_ok_and(recordings::is_here);
        let router = if is_here { self.router_here } else { self.router };
        let routes = TowerToHyperService::new(router);
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), routes));
        // What went wrong is the client's business, and the system's.
        let _ = tokio::select! {
            // In this order: a connection that is told to stop before it has read
            // anything would not answer what has come.
            biased;
            ended = &mut connection => ended,
            () = a_moment_after(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
    }
}

/// Returns a moment after the server was told to stop. The event loop looks at the
/// sockets before it looks at its timers, so what had come by then is known to have come.
async fn a_moment_after(stopping: &mut watch::Receiver<()>) {
    // It fails only if the server has ended.
    let _ = stopping.changed().await;
    sleep(Duration::from_millis(1)).await;
}
