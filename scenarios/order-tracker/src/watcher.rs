//! A watcher: a WebSocket that is sent the newest position of its order.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use hyper_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use hyper_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use hyper_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use hyper_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use hyper_tungstenite::{HyperWebsocket, HyperWebsocketStream};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::info;
use web_service::Stopping;

use crate::orders::{Feed, Sight, Watching};
use crate::way::Station;

/// What is read at a time, in bytes. It is allocated for each watcher, who has next to
/// nothing to say: the library's 128 KiB would be 1.3 GB for 10,000 of them.
const READ_BUFFER: usize = 128;

/// Where a watcher's unsent bytes end. One position has about a hundred.
const WRITE_BUFFER: usize = 4 * 1024;

/// How often a watcher is pinged within the time that it may be silent.
const PINGS: u32 = 3;

/// As many frames may come from one ping to the next. A watcher sends one pong.
const MOST_FRAMES: u32 = 100;

/// The code for an order that is no more, of those that are free for such use.
const NO_ORDER: CloseCode = CloseCode::Library(4404);

/// What a watcher may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The largest frame and message it may send, in bytes.
    pub(crate) frame: usize,
    /// How long nothing may be heard of it, and how long it may read nothing.
    pub(crate) idle: Duration,
    /// How long it may take to close.
    pub(crate) grace: Duration,
}

impl Rules {
    pub(crate) fn config(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(self.frame))
            .max_frame_size(Some(self.frame))
    }
}

/// Why a watcher is one no longer.
#[derive(Debug)]
enum End {
    Closed(Option<CloseCode>),
    Stopping,
    TimeIsOver,
    NoOrder,
    Silent,
    ReadsNothing,
    Talks,
    Floods,
    TooLong,
    Malformed,
    Lost,
}

/// Sends a watcher what there is to see until one of them ends it, and says how it ended.
///
/// The `marks` say that it is under way, and go when it has ended.
///
/// There are very many of these, so what each holds is small. There is one timer for all
/// that has a time, and none for what happens seldom.
#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice")]
pub(crate) fn watch(
    upgrade: HyperWebsocket,
    mut watching: Watching,
    named: Option<u64>,
    rules: Rules,
    mut stopping: Stopping,
    marks: impl Send,
) -> impl Future<Output = ()> + Send {
    async move {
        let Ok(Ok(mut socket)) = timeout(rules.idle.min(rules.grace), upgrade).await else {
            info!("Gone before it was a WebSocket");
            return;
        };
        info!("Watching");
        let until = watching.until;
        let end = tokio::select! {
            end = follow(&mut socket, &mut watching, named, &rules) => end,
            () = stopping.wait() => End::Stopping,
        };
        let end = match end {
            // It may be taken away a moment before our own clock says so.
            End::NoOrder if until <= Instant::now() => End::TimeIsOver,
            end => end,
        };
        // Its place is free before it has closed.
        drop(watching);
        // What this needs is not kept ready for as long as somebody watches.
        Box::pin(say_goodbye(&mut socket, &end, rules.grace)).await;
        harness::done();
        drop(marks);
    }
}

async fn follow(
    socket: &mut HyperWebsocketStream,
    watching: &mut Watching,
    named: Option<u64>,
    rules: &Rules,
) -> End {
    let Watching { sight, orders, order, until, .. } = watching;
    let until = *until;
    let note = |station, sequence| {
        if named.is_some() {
            orders.ways().note_of(*order, station, sequence, named);
        }
    };
    note(Station::Watches, 0);
    let mut told = Told::default();
    let every = rules.idle / PINGS;
    let mut alarm = pin!(sleep_until((Instant::now() + every).min(until)));
    let (mut heard, mut frames) = (Instant::now(), 0);
    // What is known already is seen at once.
    sight.mark_changed();
    loop {
        let messages = tokio::select! {
            // What was said while something was being sent is heard before anybody is
            // taken for silent, and positions that come all the time put off no ping.
            biased;
            come = socket.next() => {
                (heard, frames) = (Instant::now(), frames + 1);
                match come {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) if frames <= MOST_FRAMES => {}
                    Some(come) => return End::of(come),
                    None => return End::Lost,
                }
                Vec::new()
            }
            () = &mut alarm => {
                if until <= Instant::now() {
                    return End::TimeIsOver;
                }
                if heard.elapsed() >= rules.idle {
                    return End::Silent;
                }
                frames = 0;
                alarm.as_mut().reset((Instant::now() + every).min(until));
                vec![Say { message: Message::Ping(Default::default()), position: None }]
            }
            changed = sight.changed() => {
                if changed.is_err() {
                    return End::NoOrder;
                }
                // Nobody can write while it is borrowed.
                let seen = sight.borrow_and_update().clone();
                told.next(&seen)
            }
        };
        for Say { message, position } in messages {
            position.iter().for_each(|sequence| note(Station::Begun, *sequence));
            // Everything before it has been flushed, so the socket takes it at once. It is
            // seldom that there is no room: what waiting needs is not kept ready for it.
            let sent = match socket.send(message).now_or_never() {
                Some(sent) => sent,
                // Meanwhile newer positions take the place of older ones.
                None => {
                    let end = (Instant::now() + rules.idle).min(until);
                    match Box::pin(timeout_at(end, socket.flush())).await {
                        Ok(sent) => sent,
                        Err(_) if until <= Instant::now() => return End::TimeIsOver,
                        Err(_) => return End::ReadsNothing,
                    }
                }
            };
            match sent {
                Ok(()) => position.iter().for_each(|it| note(Station::Written, *it)),
                Err(error) => return End::of(Err(error)),
            }
        }
        if sight.borrow().feed == Feed::Over {
            return End::NoOrder;
        }
    }
}

/// What a watcher is to be told, and which position that is.
struct Say {
    message: Message,
    position: Option<u64>,
}

/// What a watcher has been told so far.
#[derive(Debug, Default)]
struct Told {
    sequence: Option<u64>,
    is_interrupted: bool,
}

impl Told {
    /// What it is to be told of this.
    fn next(&mut self, sight: &Sight) -> Vec<Say> {
        let mut messages = Vec::new();
        // Of an order that is over no positions come again.
        let is_interrupted = match sight.feed {
            Feed::Over => self.is_interrupted,
            feed => feed == Feed::Interrupted,
        };
        if is_interrupted != self.is_interrupted {
            self.is_interrupted = is_interrupted;
            let text = if is_interrupted {
                info!("Told that positions are interrupted");
                r#"{"notice":"interrupted"}"#
            } else {
                info!("Told that positions come again");
                r#"{"notice":"resumed"}"#
            };
            let message = Message::Text(Utf8Bytes::from_static(text));
            messages.push(Say { message, position: None });
        }
        let newest = sight.newest.as_ref();
        if let Some(newest) =
            newest.filter(|it| self.sequence.is_none_or(|told| told < it.sequence))
        {
            self.sequence = Some(newest.sequence);
            let message = Message::Text(newest.text.clone());
            messages.push(Say { message, position: self.sequence });
        }
        messages
    }
}

impl End {
    fn of(come: Result<Message, Error>) -> Self {
        match come {
            Ok(Message::Close(frame)) => Self::Closed(frame.map(|frame| frame.code)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Self::Floods,
            Ok(_) => Self::Talks,
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => Self::TooLong,
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Self::Lost,
            Err(Error::Protocol(_) | Error::Utf8(_)) => Self::Malformed,
            Err(_) => Self::Lost,
        }
    }

    /// What the watcher is told; nothing where it is of no use.
    fn frame(&self) -> Option<(CloseCode, &'static str)> {
        match self {
            Self::Stopping => Some((CloseCode::Away, "the server stops")),
            Self::TimeIsOver => Some((CloseCode::Normal, "the order's time is over")),
            Self::NoOrder => Some((NO_ORDER, "there is no such order any more")),
            Self::Talks => Some((CloseCode::Unsupported, "a watcher has nothing to say")),
            Self::Floods => Some((CloseCode::Policy, "that is too much to say")),
            Self::TooLong => Some((CloseCode::Size, "that is too long")),
            Self::Malformed => Some((CloseCode::Protocol, "that is no WebSocket")),
            Self::Closed(_) | Self::Silent | Self::ReadsNothing | Self::Lost => None,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(Some(code)) => {
                write!(f, "The watcher has closed, with {}", u16::from(*code))
            }
            Self::Closed(None) => f.write_str("The watcher has closed, without a code"),
            Self::Silent => f.write_str("Ended: nothing is heard of the watcher"),
            Self::ReadsNothing => f.write_str("Ended: the watcher reads nothing"),
            _ => f.write_str("Ended: the connection is lost"),
        }
    }
}

async fn say_goodbye(socket: &mut HyperWebsocketStream, end: &End, grace: Duration) {
    let Some((code, reason)) = end.frame() else {
        if let End::Closed(_) = end {
            // The answer to it is still to be sent.
            let _ = timeout(grace, async { while let Some(Ok(_)) = socket.next().await {} }).await;
        }
        info!("{end}");
        return;
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let answered = timeout(grace, async {
        socket.close(Some(frame)).await.ok()?;
        loop {
            // What else comes was on its way.
            if let Message::Close(answer) = socket.next().await?.ok()? {
                return Some(answer.map(|it| u16::from(it.code)));
            }
        }
    });
    let code = u16::from(code);
    match answered.await.ok().flatten() {
        Some(Some(answer)) => info!("Closed with {code}, {reason}; the watcher answered {answer}"),
        Some(None) => info!("Closed with {code}, {reason}; the watcher answered without a code"),
        None => info!("Closed with {code}, {reason}; the watcher did not answer"),
    }
}
