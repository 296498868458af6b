//! Who watches an order, as its customer does.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use delay_server::client::look_up;
use futures::StreamExt;
use harness::Failure;
use reqwest::Url;
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::{Span, info, info_span};
use web_service::TRACE_PARENT;

use crate::position::Position;
use crate::way::Notes;

/// How long the tracker may take to let a watcher in, and to answer its farewell.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the last position may take to come, once the courier has told it.
const LAST_CALL: Duration = Duration::from_secs(70);

/// The longest that a tracker has to say, in bytes.
const LONGEST: usize = 1024;

/// What the system keeps for a slow watcher, and what that reads at a time, in bytes: the
/// least that there is. With more, it would read positions that were sent long ago.
const NARROW: usize = 128;

/// A watcher of one order.
#[derive(Debug)]
pub struct Follower {
    number: usize,
    tracker: Url,
    order: String,
    /// How long it reads nothing after each position.
    slow: Option<Duration>,
    notes: Option<Notes>,
}

/// What a watcher is told.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Told {
    At(Position),
    Notice { notice: String },
}

impl Follower {
    pub(crate) fn new(number: usize, tracker: &Url, order: &str) -> Self {
        let (tracker, order) = (tracker.clone(), order.to_owned());
        Self { number, tracker, order, slow: None, notes: None }
    }

    /// The same, but it reads nothing for so long after each position.
    pub(crate) fn slow(self, slow: Option<Duration>) -> Self {
        Self { slow, ..self }
    }

    /// The same, and notes what it has read.
    pub(crate) fn noting(self, notes: Option<Notes>) -> Self {
        Self { notes, ..self }
    }

    fn name(&self) -> u64 {
        self.number as u64
    }

    /// The span that makes this watcher a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = format!("watcher {}", self.number))
    }

    /// Watches until it has seen the position that `arrived` names, or until nobody is
    /// left who could name one.
    ///
    /// # Errors
    ///
    /// When the tracker does not let it, or ends it.
    pub async fn watch(self, mut arrived: oneshot::Receiver<u64>) -> Result<(), Failure> {
        let mut socket = timeout(PATIENCE, self.connect()).await.map_err(|_| too_slow())??;
        let (mut last, mut count) = (None, 0);
        let mut until: Option<(u64, Instant)> = None;
        while until.is_none_or(|(arrival, _)| last < Some(arrival)) {
            let come = tokio::select! {
                come = socket.next() => come,
                arrival = &mut arrived, if until.is_none() => {
                    let Ok(arrival) = arrival else { break };
                    until = Some((arrival, Instant::now() + LAST_CALL));
                    continue;
                }
                () = late(until) => return Err(failure("the courier's last position never came")),
            };
            match come {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(Told::At(position)) => {
                        if let Some(notes) = &self.notes {
                            notes.read(position.sequence, self.name());
                        }
                        info!("Sees {:.5}, {:.5}", position.lat, position.lon);
                        (last, count) = (Some(position.sequence), count + 1);
                        if let Some(slow) = self.slow {
                            sleep(slow).await;
                        }
                    }
                    Ok(Told::Notice { notice }) => info!("Is told: {notice}"),
                    Err(error) => return Err(failure(&format!("it says no position: {error}"))),
                },
                Some(Ok(Message::Close(frame))) => {
                    let why =
                        frame.map(|it| format!(", with {}: {}", u16::from(it.code), it.reason));
                    let why = why.unwrap_or_default();
                    return Err(failure(&format!("it has closed the connection{why}")));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(failure(&error.to_string())),
                None => return Err(failure("it has ended the connection")),
            }
        }
        let frame = CloseFrame { code: CloseCode::Normal, reason: "seen enough".into() };
        let closing = async {
            socket.close(Some(frame)).await?;
            while let Some(come) = socket.next().await {
                come?;
            }
            Ok::<_, Error>(())
        };
        let closed = timeout(PATIENCE, closing).await.map_err(|_| too_slow())?;
        closed.map_err(|error| failure(&error.to_string()))?;
        info!("Saw {count} positions, the last of them #{}", last.unwrap_or_default());
        harness::done();
        Ok(())
    }

    async fn connect(&self) -> Result<WebSocketStream<TcpStream>, Failure> {
        let host = self.tracker.host_str().unwrap_or_default();
        let port = self.tracker.port_or_known_default().unwrap_or(80);
        let addresses = look_up(host, port)?;
        let stream = self.stream(&addresses).await;
        let stream = stream.map_err(|error| failure(&error.to_string()))?;
        let url = format!("ws://{host}:{port}/ws/orders/{}", self.order);
        let mut request = url.into_client_request().map_err(|error| failure(&error.to_string()))?;
        let traceparent = self.notes.as_ref().map(|notes| notes.traceparent(Some(self.name())));
        if let Some(name) = traceparent.and_then(|it| it.parse().ok()) {
            request.headers_mut().insert(TRACE_PARENT, name);
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(if self.slow.is_some() { NARROW } else { LONGEST })
            .write_buffer_size(0)
            .max_message_size(Some(LONGEST))
            .max_frame_size(Some(LONGEST));
        let connected =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
        Ok(connected.map_err(|error| failure(&error.to_string()))?.0)
    }

    async fn stream(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        match self.slow {
            Some(_) => narrow(addresses).await,
            None => TcpStream::connect(addresses).await,
        }
    }
}

/// A connection for which the system keeps next to nothing that is not read.
async fn narrow(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut error = io::ErrorKind::NotFound.into();
    for address in addresses {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Before it connects: the tracker is told then how much it may send.
        socket.set_recv_buffer_size(NARROW as u32)?;
        match socket.connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(why) => error = why,
        }
    }
    Err(error)
}

async fn late(until: Option<(u64, Instant)>) {
    match until {
        Some((_, late)) => sleep_until(late).await,
        None => pending().await,
    }
}

fn too_slow() -> Failure {
    failure("it does not answer in time")
}

fn failure(why: &str) -> Failure {
    let why: String = why.chars().take(160).collect();
    Failure::new(
        format!("the tracker cannot be watched: {why}"),
        "look at what the tracker itself says",
    )
}

#[cfg(test)]
mod tests {
    use socket2::SockRef;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn for_a_slow_watcher_the_system_keeps_less() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tracker = Url::parse("http://localhost").unwrap();
        let kept = async |slow| {
            let follower = Follower::new(1, &tracker, "any").slow(slow);
            let stream = follower.stream(&[address]).await.unwrap();
            SockRef::from(&stream).recv_buffer_size().unwrap()
        };
        let (slow, other) = (kept(Some(Duration::from_secs(1))).await, kept(None).await);
        assert!(slow < other / 2, "{slow} bytes, and {other} for others");
    }
}
