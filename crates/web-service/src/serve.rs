//! Answering clients until the service is told to stop.

use std::io;
use std::net::{SocketAddr, TcpListener as Socket};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use delay_server::{a_moment, farewell, next_connection};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::unconstrained;
use tokio::time::timeout;

use crate::{Life, Stopping};

/// How long a connection may take over the head of its next request, and so also how
/// long it may stay open without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes. The least that hyper allows.
const MAX_HEAD: usize = 8 * 1024;

/// Answers whoever comes until a moment after `stop` is there, and then those who have
/// come. Gives how much was still under way when the grace period was over.
///
/// `router_for` gives what a client with this address is answered by. A handler may make
/// something else of its connection, such as a WebSocket.
///
/// # Errors
///
/// When the runtime cannot watch the sockets.
pub async fn serve(
    sockets: Vec<Socket>,
    router_for: impl Fn(SocketAddr) -> Router + Clone + Send + 'static,
    life: Life,
    stop: oneshot::Receiver<()>,
    grace: Duration,
) -> io::Result<usize> {
    let sockets: Vec<TcpListener> =
        sockets.into_iter().map(TcpListener::from_std).collect::<io::Result<_>>()?;
    let connections = Connections::new(router_for);
    // Unconstrained: the system refuses clients when too many wait to be accepted,
    // so accepting all of them comes before answering one.
    let accepting = unconstrained(accept_all(&sockets, &connections, &life));
    let stop = async {
        let _ = stop.await;
        a_moment(life.connections()).await;
    };
    tokio::select! {
        // In this order: whoever has come before the stop is accepted, as far as there are
        // descriptors.
        biased;
        never = accepting => never,
        () = stop => {}
    }
    // New clients are refused from here on.
    drop(sockets);
    // What the last of those who came have sent is read.
    a_moment(life.connections()).await;
    life.stop();
    let finishing = async {
        tokio::select! {
            () = life.all_told() => {}
            // A client that never ends its request would hold up the others' end.
            () = async { life.all_ended().await; farewell(|| life.connections()).await } => {}
        }
        // Their clients may have hung up.
        life.all_ended().await;
    };
    let _ = timeout(grace, finishing).await;
    Ok(life.left())
}

async fn accept_all<R>(sockets: &[TcpListener], connections: &Connections<R>, life: &Life) -> !
where
    R: Fn(SocketAddr) -> Router + Clone + Send + 'static,
{
    loop {
        let stream = next_connection(sockets).await;
        tokio::spawn(connections.clone().serve(stream, life.stopping()));
    }
}

/// What all connections share.
#[derive(Clone)]
struct Connections<R> {
    http: Arc<http1::Builder>,
    router_for: R,
}

impl<R: Fn(SocketAddr) -> Router> Connections<R> {
    fn new(router_for: R) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
        Self { http: Arc::new(http), router_for }
    }

    /// Serves a client until one of them ends the connection, or the server stops
    /// and no request is left.
    async fn serve(self, stream: TcpStream, mut stopping: Stopping) {
        // What is small and not the last of its kind, as on a WebSocket, would else wait
        // for the client's word that it has what was sent before.
        let _ = stream.set_nodelay(true);
        // Who has hung up already has no address any more.
        let Ok(client) = stream.peer_addr() else { return };
        let routes = TowerToHyperService::new((self.router_for)(client));
        let connection = self.http.serve_connection(TokioIo::new(stream), routes);
        let mut connection = pin!(connection.with_upgrades());
        // What went wrong is the client's business, and the system's.
        let _ = tokio::select! {
            // In this order: a connection that is told to stop before it has read
            // anything would not answer what has come.
            biased;
            ended = &mut connection => ended,
            () = stopping.wait() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
    }
}
