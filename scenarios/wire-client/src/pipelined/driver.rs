//! The task that has the connection.
//!
//! One task reads and writes. With two, one for each, the writer would have to be told
//! when the reader finds the connection dead, and the other way round; and each would wake
//! up for what one wakes up for now. What one task must never do is to wait for one
//! direction only: a server whose replies nobody takes stops reading, and then nobody
//! would ever take them. So whenever it runs it does both, as far as they go.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;

use super::connection::{Connection, READ};
use super::shared::{Duty, Shared, wake_all};
use crate::Error;
use crate::protocol::Value;

/// As many replies are delivered with the lock held once.
const BATCH: usize = 256;

/// Why a connection ends that ends too early.
const CUT: &str = "the server closed it in the middle of a reply";

/// A buffer that has grown larger than this for a large command is not kept.
const KEPT: usize = 1 << 20;

/// How to come to a connection, the first time and again.
pub(super) trait Dial: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    fn dial(&self) -> impl Future<Output = Result<Connection<Self::Stream>, Error>> + Send;
}

/// From the first connection to the end of the client.
pub(super) async fn drive<D: Dial>(
    shared: Arc<Shared>,
    dial: D,
    first: Connection<D::Stream>,
    reconnect: bool,
) {
    let mut ending = Ending { shared: &shared, why: Error::lost("its task has ended") };
    let mut connection = first;
    ending.why = loop {
        let error = match Serving::new(&shared, connection).run().await {
            Ok(()) => break Error::Closed,
            Err(error) => error,
        };
        if !reconnect || !shared.fail(|may_have_run| error.clone().told(may_have_run)) {
            break error;
        }
        connection = match connect_when_called(&shared, &dial).await {
            Ok(connection) => connection,
            Err(error) => break error,
        };
    };
}

/// Tells everybody when the task ends, in whatever way: also when its runtime is shut down,
/// or when it panics. Otherwise they would wait forever.
struct Ending<'a> {
    shared: &'a Shared,
    why: Error,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.shared.end(self.why.clone());
    }
}

/// The next connection, as soon as there is a command for it, or why the client ends. If
/// none can be made, all who wait by then are told, and the next command tries again.
async fn connect_when_called<D: Dial>(
    shared: &Shared,
    dial: &D,
) -> Result<Connection<D::Stream>, Error> {
    loop {
        let called = poll_fn(|cx| match duty(shared, cx) {
            Duty::Listen => Poll::Pending,
            duty => Poll::Ready(duty),
        });
        if called.await == Duty::End {
            return Err(Error::Closed);
        }
        let mut dialled = pin!(dial.dial());
        let dialled = poll_fn(|cx| match duty(shared, cx) {
            Duty::End => Poll::Ready(Err(Error::Closed)),
            _ => dialled.as_mut().poll(cx),
        });
        match dialled.await {
            Err(error) if error != Error::Closed && shared.fail(|_| error.clone()) => {}
            ended => return ended,
        }
    }
}

fn duty(shared: &Shared, cx: &Context<'_>) -> Duty {
    shared.lock().duty_without_connection(cx.waker())
}

/// A connection while it lasts.
struct Serving<'a, S> {
    shared: &'a Shared,
    connection: Connection<S>,
    /// What was taken out of the outbox, and how much of it the socket has taken.
    outgoing: Vec<u8>,
    written: usize,
    /// How many bytes the socket has taken, since the connection began.
    sent: u64,
    /// Replies on their way from the decoder to the lock.
    replies: Vec<Value>,
    wakers: Vec<Waker>,
    /// How many callers were woken since this task last let them go first.
    woken: usize,
    /// The connection is of no use any more. Replies that came before are delivered.
    broken: Option<Error>,
    /// Nothing more is to be read: it has ended, or it is not to be understood.
    is_deaf: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Serving<'a, S> {
    fn new(shared: &'a Shared, connection: Connection<S>) -> Self {
        Self {
            shared,
            connection,
            outgoing: Vec::new(),
            written: 0,
            sent: 0,
            replies: Vec::new(),
            wakers: Vec::new(),
            woken: 0,
            broken: None,
            is_deaf: false,
        }
    }

    /// Until the client ends, or the connection does.
    async fn run(mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            self.write(cx);
            let is_at_rest = self.read(cx).is_pending();
            if is_at_rest && self.lets_others_go_first() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let duty = self.settle(is_at_rest.then(|| cx.waker()));
            self.woken += self.wakers.len();
            wake_all(&mut self.wakers);
            if duty == Duty::End {
                return Poll::Ready(Ok(()));
            }
            if is_at_rest && let Some(error) = self.broken.take() {
                return Poll::Ready(Err(error));
            }
            if is_at_rest && duty == Duty::Listen {
                return Poll::Pending;
            }
        }
    }

    /// Once after several callers were woken: most of them have a next command, and this
    /// task would else be woken by the first of them and send that one alone.
    fn lets_others_go_first(&mut self) -> bool {
        self.broken.is_none() && std::mem::take(&mut self.woken) > 1
    }

    /// Writes until all of it is gone, or the socket takes no more and will wake us.
    fn write(&mut self, cx: &mut Context<'_>) {
        while self.written < self.outgoing.len() && self.broken.is_none() {
            let stream = Pin::new(&mut self.connection.stream);
            match stream.poll_write(cx, &self.outgoing[self.written..]) {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => self.broken = Some(Error::lost(super::CLOSED)),
                Poll::Ready(Ok(count)) => {
                    self.written += count;
                    self.sent += count as u64;
                }
                Poll::Ready(Err(error)) => self.broken = Some(Error::broken(&error)),
            }
        }
        self.written = 0;
        self.outgoing.clear();
        self.outgoing.shrink_to(KEPT);
    }

    /// Takes what has come, and as many replies from it as one batch may have. Pending when
    /// nothing has come and nothing is left: then the socket will wake us.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_deaf {
            return Poll::Pending;
        }
        self.decode();
        if !self.replies.is_empty() || self.is_deaf {
            return Poll::Ready(());
        }
        let Connection { stream, incoming, decoder } = &mut self.connection;
        incoming.reserve(READ / 4);
        match ready!(poll_read_buf(Pin::new(stream), cx, incoming)) {
            Ok(0) if decoder.in_reply(incoming) => self.give_up(Error::lost(CUT)),
            Ok(0) => self.give_up(Error::lost(super::CLOSED)),
            Ok(_) => self.decode(),
            Err(error) => self.give_up(Error::broken(&error)),
        }
        Poll::Ready(())
    }

    fn decode(&mut self) {
        let Connection { decoder, incoming, .. } = &mut self.connection;
        while self.replies.len() < BATCH {
            match decoder.decode(incoming) {
                Ok(Some(reply)) => self.replies.push(reply),
                Ok(None) => return,
                Err(error) => return self.give_up(error.into()),
            }
        }
    }

    /// Whatever else may come is of no use.
    fn give_up(&mut self, error: Error) {
        self.is_deaf = true;
        self.broken = Some(error);
    }

    /// With the lock held once: delivers replies, lets in whoever has room now, and takes
    /// what is to be sent.
    fn settle(&mut self, sleeper: Option<&Waker>) -> Duty {
        let mut state = self.shared.lock();
        state.exchange.has_sent(self.sent);
        let mut replies = self.replies.drain(..);
        let received = replies.try_for_each(|reply| state.receive(reply, &mut self.wakers));
        drop(replies);
        let duty = state.duty(&mut self.outgoing, sleeper);
        drop(state);
        if let Err(error) = received {
            self.give_up(error);
        }
        duty
    }
}

/// The task may be dropped at any of its waits, and then what it has sent last is not noted
/// yet. Who waits for the reply to it is to be told that it may have run.
impl<S> Drop for Serving<'_, S> {
    fn drop(&mut self) {
        self.shared.lock().exchange.has_sent(self.sent);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::pipelined::{Client, Settings};
    use crate::protocol::{Command, Limits};

    struct Never;

    impl Dial for Never {
        type Stream = DuplexStream;

        async fn dial(&self) -> Result<Connection<DuplexStream>, Error> {
            Err(Error::lost("there is one connection"))
        }
    }

    #[tokio::test]
    async fn who_is_cut_off_by_the_end_of_the_runtime_is_told_what_went_out() {
        let (near, mut server) = duplex(1024);
        let first = Connection::new(near, Limits::default());
        let (client, task) = Client::start(Never, first, &Settings::default());
        let (mut task, cx) = (Box::pin(task), &mut Context::from_waker(Waker::noop()));
        let command = Command::new("INCR").arg("price");
        let mut calls = [(); 3].map(|()| Box::pin(client.call(&command)));
        let [one, other, next] = &mut calls;
        assert!(one.as_mut().poll(cx).is_pending() && other.as_mut().poll(cx).is_pending());
        assert!(task.as_mut().poll(cx).is_pending());
        let mut said = vec![0; 2 * command.as_bytes().len()];
        server.read_exact(&mut said).await.unwrap();
        server.write_all(b":1\r\n:2\r\n").await.unwrap();
        // It sends this one, and lets those go first that have their replies.
        assert!(next.as_mut().poll(cx).is_pending());
        assert!(task.as_mut().poll(cx).is_pending());
        drop(task);
        server.read_exact(&mut said[..command.as_bytes().len()]).await.unwrap();
        let Poll::Ready(Err(Error::Lost { may_have_run, .. })) = next.as_mut().poll(cx) else {
            panic!("it waits for a task that is gone")
        };
        assert!(may_have_run, "the server has the command");
    }
}
