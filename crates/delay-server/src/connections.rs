//! Accepting connections, until a moment after the server is told to stop.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::unconstrained;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::Listener;
use crate::connection::Connections;
use crate::stats::Counts;

/// How long to wait when the system has no descriptor for one more connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The shortest time that tokio's timers know.
const TICK: Duration = Duration::from_millis(1);

/// Of how many sockets tokio's event loop hears at a look, at most.
const AT_A_LOOK: usize = 1024;

/// How often a server that stops looks whether anybody still waits.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a last answer may take to reach its client, after others have.
const FAREWELL: Duration = Duration::from_secs(1);

/// How far a server is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopping {
    No,
    /// What has come is answered. An answer to a plain request says that it is the last.
    Soon,
    Now,
}

impl Listener {
    /// Answers clients until a moment after `stop` tells how long the requests that wait
    /// then may still take, and returns when they have finished or that time is over.
    /// What has not finished by then ends with the runtime.
    ///
    /// # Errors
    ///
    /// When the runtime cannot watch the listener's sockets.
    pub async fn serve(self, stop: impl Future<Output = Duration>) -> io::Result<()> {
        let sockets = self.sockets.into_iter().map(TcpListener::from_std);
        let sockets: Vec<_> = sockets.collect::<io::Result<_>>()?;
        let connections = Connections::new(Arc::clone(&self.rules));
        let (stopping, _) = watch::channel(Stopping::No);
        // Unconstrained: the system refuses clients when too many wait to be
        // accepted, so accepting all of them comes before answering one.
        let accepting = unconstrained(accept_all(&sockets, &connections, &stopping));
        let counts = &self.rules.counts;
        let stop = async {
            let grace = stop.await;
            stopping.send_replace(Stopping::Soon);
            a_moment(stopping.receiver_count()).await;
            grace
        };
        let grace = tokio::select! {
            // In this order: whoever has come before the stop is accepted, as far as there
            // are descriptors.
            biased;
            never = accepting => never,
            never = self.rules.live.report(counts) => never,
            grace = stop => grace,
        };
        // New clients are refused from here on, and viewers are let go.
        drop(sockets);
        // What the last of those who came have sent is read.
        a_moment(stopping.receiver_count()).await;
        self.rules.live.end();
        info!(target: "delay_server", in_flight = counts.stats().in_flight, "stopping");
        let finishing = async {
            tokio::select! {
                () = all_closed(&stopping) => {}
                () = all_answered(counts, &stopping) => {}
            }
        };
        if timeout(grace, finishing).await.is_err() {
            let in_flight = counts.stats().in_flight;
            warn!(target: "delay_server", in_flight, "the grace period is over");
        }
        Ok(())
    }
}

/// Returns when it is known of a server with so many connections what had come at its
/// sockets when this was called: an event loop looks at them before it looks at its timers.
pub async fn a_moment(connections: usize) {
    // Once more than the looks that it takes: another thread of the runtime may have looked
    // at the sockets before that, and look at the timers only now. Its next look is after
    // the first of these.
    for _ in 0..2 + connections / AT_A_LOOK {
        sleep(TICK).await;
    }
}

/// Tells every connection to end after its request, and returns when all have.
async fn all_closed(stopping: &watch::Sender<Stopping>) {
    stopping.send_replace(Stopping::Now);
    stopping.closed().await;
}

/// Returns when no request waits and the last answers are with their clients.
///
/// The connection of a viewer who does not read never comes to an end: it holds
/// what was sent last.
async fn all_answered(counts: &Counts, stopping: &watch::Sender<Stopping>) {
    while counts.stats().in_flight > 0 {
        sleep(LOOK_AGAIN).await;
    }
    farewell(|| stopping.receiver_count()).await;
}

/// Returns when of so many connections none has come to its end for as long as a last
/// answer may take to reach its client.
pub async fn farewell(connections: impl Fn() -> usize) {
    loop {
        let before = connections();
        sleep(FAREWELL).await;
        if connections() == before {
            return;
        }
    }
}

async fn accept_all(
    sockets: &[TcpListener],
    connections: &Connections,
    stopping: &watch::Sender<Stopping>,
) -> ! {
    loop {
        let stream = next_connection(sockets).await;
        tokio::spawn(connections.clone().serve(stream, stopping.subscribe()));
    }
}

/// The next connection to any of the sockets, as soon as there is one.
pub async fn next_connection(sockets: &[TcpListener]) -> TcpStream {
    loop {
        match accept(sockets).await {
            Ok(stream) => return stream,
            Err(error) => pause_after(&error).await,
        }
    }
}

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
