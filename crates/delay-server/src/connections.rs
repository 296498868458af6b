//! Accepting connections and speaking HTTP on each of them.

use std::future::{poll_fn, ready};
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::Either;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::unconstrained;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::Listener;
use crate::routes::{router, wrong_name};
use crate::rules::Rules;
use crate::stats::Counts;

/// How long a connection may take over the head of its next request, and so
/// also how long it may stay open without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait when the system has no descriptor for one more connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often a server that stops looks whether anybody still waits.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long the last answers may take to reach their clients.
const FAREWELL: Duration = Duration::from_secs(1);

/// The largest head of a request, in bytes. The least that hyper allows.
const MAX_HEAD: usize = 8 * 1024;

impl Listener {
    /// Answers clients until `stop` tells how long the requests that wait then
    /// may still take, and returns when they have finished or that time is over.
    /// What has not finished by then ends with the runtime.
    ///
    /// # Errors
    ///
    /// When the runtime cannot watch the listener's sockets.
    pub async fn serve(self, stop: impl Future<Output = Duration>) -> io::Result<()> {
        let sockets = self.sockets.into_iter().map(TcpListener::from_std);
        let sockets: Vec<_> = sockets.collect::<io::Result<_>>()?;
        let connections = GracefulShutdown::new();
        // Unconstrained: the system refuses clients when too many wait to be
        // accepted, so accepting all of them comes before answering one.
        let accepting = unconstrained(accept_all(&sockets, &self.rules, &connections));
        let counts = &self.rules.counts;
        let grace = tokio::select! {
            grace = stop => grace,
            never = accepting => never,
            never = self.rules.live.report(counts) => never,
        };
        // New clients are refused from here on, and viewers are let go.
        drop(sockets);
        self.rules.live.end();
        info!(target: "delay_server", in_flight = counts.stats().in_flight, "stopping");
        let finishing = async {
            tokio::select! {
                () = connections.shutdown() => {}
                () = all_answered(counts) => {}
            }
        };
        if timeout(grace, finishing).await.is_err() {
            let in_flight = counts.stats().in_flight;
            warn!(target: "delay_server", in_flight, "the grace period is over");
        }
        Ok(())
    }
}

/// Returns when no request waits and the last answers are with their clients.
///
/// The connection of a viewer who does not read never comes to an end: it holds
/// what was sent last.
async fn all_answered(counts: &Counts) {
    while counts.stats().in_flight > 0 {
        sleep(LOOK_AGAIN).await;
    }
    sleep(FAREWELL).await;
}

async fn accept_all(
    sockets: &[TcpListener],
    rules: &Arc<Rules>,
    connections: &GracefulShutdown,
) -> ! {
    let router = router(Arc::clone(rules));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
    loop {
        match accept(sockets).await {
            Ok(stream) => {
                let router = TowerToHyperService::new(router.clone());
                let rules = Arc::clone(rules);
                let service = service_fn(move |request: Request<Incoming>| {
                    if rules.names.has(request.headers(), request.uri()) {
                        return Either::Left(router.call(request));
                    }
                    Either::Right(ready(Ok(wrong_name(&rules, request.uri()))))
                });
                let connection = http.serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connections.watch(connection));
            }
            Err(error) => pause_after(&error).await,
        }
    }
}

/// The next connection to any of the sockets.
async fn accept(sockets: &[TcpListener]) -> io::Result<TcpStream> {
    poll_fn(|cx| {
        for socket in sockets {
            if let Poll::Ready(accepted) = socket.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(stream, _peer)| stream));
            }
        }
        Poll::Pending
    })
    .await
}

/// A failed accept is the client's doing or a shortage on this machine, mostly
/// of descriptors. Only the second lasts, and trying again at once would only
/// spin: the clients wait in the backlog until connections have been closed.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted => {}
        _ => {
            warn!(target: "delay_server", "cannot accept a connection, trying again: {error}");
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;
    use crate::Config;

    /// What a server sends to a client that sends only this, until it closes the
    /// connection. The clock is paused: it jumps to whatever happens next.
    async fn reply_to(request: &str) -> String {
        let addr = "127.0.0.1:0".to_owned();
        let listener = Listener::bind(&Config { addr, ..Config::default() }).unwrap();
        let address = listener.url().trim_start_matches("http://").to_owned();
        tokio::spawn(listener.serve(pending()));

        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).await.unwrap();
        reply
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_to_its_end_ends_the_connection() {
        let start = Instant::now();
        assert_eq!(reply_to("GET /delay-me HTTP/1.1\r\nhost: ").await, "");
        assert!(start.elapsed() >= HEAD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_ends() {
        let start = Instant::now();
        assert_eq!(reply_to("").await, "");
        assert!(start.elapsed() >= HEAD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_not_cut_short_by_the_time_out() {
        let request = "GET /delay-me?seconds=300 HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let start = Instant::now();
        let reply = reply_to(request).await;
        assert!(reply.ends_with("Done, I waited for 300 secs"), "{reply}");
        assert!(start.elapsed() >= Duration::from_secs(300) + HEAD_TIMEOUT);
    }
}
