//! A client that many callers share. Their commands go out one behind the other, without
//! waiting for replies, and each gets its own.
//!
//! Its parts, from the inside out: `exchange` knows which reply is whose and touches no
//! socket; `shared` puts it under one lock; `driver` is the one task that reads and
//! writes; and here is what callers see.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::one_at_a_time::{lost, unreachable};
use crate::protocol::{Command, Limits, Value};
use crate::{Address, Error};
use connection::Connection;
use driver::Dial;
use exchange::Expects;
use shared::Shared;
use slots::Key;

pub use subscription::{Message, Subscription};

mod connection;
mod driver;
mod exchange;
mod refuse;
#[cfg(test)]
mod schedules;
mod shared;
mod slots;
mod subscription;

/// Why a connection ends that nothing was wrong with.
const CLOSED: &str = "the server closed it";

/// One connection, shared by all who have the client or a copy of it.
///
/// Replies carry no name. One too many that comes while nobody waits is found out, and ends
/// the connection. One that comes while others wait cannot be told from the reply to the
/// first of them: that caller gets it, and each after it the reply to the one before, until
/// there is one that nobody waits for. No client of this protocol can see that.
///
/// When the last of them is dropped, the connection ends, and what was sent and not yet
/// answered may or may not be done. [`close`](Self::close) waits for it.
#[derive(Debug, Clone)]
pub struct Client {
    owner: Arc<Owner>,
}

/// What the copies of a client have in common. The task does not hold it: so it is gone
/// with the last of them.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
}

/// How a client behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many commands may be on their way at once. Whoever comes then waits.
    pub in_flight: NonZeroUsize,
    /// Whether the next command after a lost connection makes a new one. Otherwise it
    /// fails at once, and so do all after it. There is no pause between two attempts, and
    /// none without a command: all who wait fail with it, and who calls again in a loop is
    /// to pause.
    pub reconnect: bool,
    /// How long it may take to connect and to be let in.
    pub connect_within: Duration,
    /// How many messages may wait in one subscription before some are missed.
    pub messages: NonZeroUsize,
    /// How large a reply may be.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        const MANY: NonZeroUsize = NonZeroUsize::new(1024).expect("it is not zero");
        Self {
            in_flight: MANY,
            reconnect: true,
            connect_within: Duration::from_secs(10),
            messages: MANY,
            limits: Limits::default(),
        }
    }
}

impl Client {
    /// Connects, and starts the task that has the connection on the runtime of the caller.
    /// With the usual [`Settings`].
    ///
    /// # Errors
    ///
    /// Nobody answers, or does not let us in.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn connect(address: &Address) -> Result<Self, Error> {
        Self::connect_with(address, Settings::default()).await
    }

    /// The same with other settings.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn connect_with(address: &Address, settings: Settings) -> Result<Self, Error> {
        let dial = DialTcp { address: address.clone(), settings };
        let first = dial.dial().await?;
        let (client, task) = Self::start(dial, first, &settings);
        tokio::spawn(task);
        Ok(client)
    }

    /// A client, and the task that it needs.
    fn start<D: Dial>(
        dial: D,
        first: Connection<D::Stream>,
        settings: &Settings,
    ) -> (Self, impl Future<Output = ()> + use<D>) {
        let shared = Shared::new(settings.in_flight.get(), settings.messages.get());
        let task = driver::drive(Arc::clone(&shared), dial, first, settings.reconnect);
        (Self { owner: Arc::new(Owner { shared }) }, task)
    }

    /// What the database replies to the command.
    ///
    /// It may be cancelled. Then the command does not go out if it still waits for room.
    /// Otherwise it may run or may have run, and its reply is thrown away.
    ///
    /// # Errors
    ///
    /// The database says no, the connection was lost or cannot be made, the client was
    /// closed, or the command would disturb the others.
    pub fn call<'a>(&'a self, command: &'a Command) -> Call<'a> {
        Call { shared: &self.owner.shared, step: Step::New(command) }
    }

    /// The same, given up after a while. The connection is left to the others.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), and when no reply has come by then.
    pub async fn call_within(&self, command: &Command, patience: Duration) -> Result<Value, Error> {
        let in_time = timeout(patience, self.call(command)).await;
        in_time.unwrap_or_else(|_| Err(lost(&io::ErrorKind::TimedOut.into(), patience)))
    }

    /// What is published on the channel from now on.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn subscribe(&self, channel: impl AsRef<[u8]>) -> Result<Subscription, Error> {
        Subscription::begin(&self.owner.shared, channel.as_ref()).await
    }

    /// Ends the connection when everything that was accepted is answered. No command is
    /// accepted from here on, also by the other copies of the client. If this is cancelled,
    /// it still ends so, unless the last copy is dropped meanwhile: then it ends at once.
    ///
    /// # Errors
    ///
    /// The connection ended before.
    pub async fn close(&self) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.owner.shared.poll_close(cx)).await
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.desert();
    }
}

/// A command on its way. See [`Client::call`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Call<'a> {
    shared: &'a Shared,
    step: Step<'a>,
}

#[derive(Debug)]
enum Step<'a> {
    New(&'a Command),
    Waits(Key),
    Done,
}

impl Future for Call<'_> {
    type Output = Result<Value, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.step {
            Step::New(command) => {
                self.step = Step::Done;
                refuse::refuse(command)?;
                let key = self.shared.enter(command.as_bytes(), Expects::Reply, cx.waker())?;
                self.step = Step::Waits(key);
                Poll::Pending
            }
            Step::Waits(key) => {
                let reply = self.shared.poll_reply(key, cx);
                if reply.is_ready() {
                    self.step = Step::Done;
                }
                reply.map(|reply| refusal(reply?))
            }
            Step::Done => panic!("it was awaited to its end before"),
        }
    }
}

/// Its place stays, until its reply has come and was thrown away.
impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Step::Waits(key) = self.step {
            self.shared.abandon(key);
        }
    }
}

/// An error of the database is an error.
fn refusal(reply: Value) -> Result<Value, Error> {
    match reply {
        Value::Error(text) => Err(Error::refused(&text)),
        reply => Ok(reply),
    }
}

/// How to come to a Redis.
struct DialTcp {
    address: Address,
    settings: Settings,
}

impl Dial for DialTcp {
    type Stream = TcpStream;

    async fn dial(&self) -> Result<Connection<TcpStream>, Error> {
        let dialled = async {
            let stream = TcpStream::connect(self.address.host_and_port()).await;
            let stream = stream.map_err(|error| unreachable(&self.address, &error))?;
            // A command is complete when it is written: there is nothing to wait for.
            stream.set_nodelay(true).map_err(|error| Error::broken(&error))?;
            let mut connection = Connection::new(stream, self.settings.limits);
            connection.greet(&self.address).await?;
            Ok(connection)
        };
        let in_time = timeout(self.settings.connect_within, dialled).await;
        in_time.unwrap_or_else(|_| Err(unreachable(&self.address, &io::ErrorKind::TimedOut.into())))
    }
}
