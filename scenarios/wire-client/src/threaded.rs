//! The client that blocks, made one that is awaited: it has a thread of its own, which
//! waits in place of whoever calls.
//!
//! So drivers are made of libraries that know no event loop, such as SQLite's. A thread is
//! kept for each connection, however little it does. What is sent to it is a
//! command and where to leave the reply; a bounded number of these may wait.

use std::thread;

use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::protocol::{Command, Value};
use crate::{Address, Error, blocking};

/// How many commands may wait for the thread. Whoever comes then waits to send his.
const MOST_WAITING: usize = 16;

/// A connection, and the thread that blocks on it.
///
/// A call that is dropped shifts nobody's reply: the thread waits for it nevertheless, and
/// throws it away. If it had not begun, it does not. Dropped, the client ends
/// its thread when that has the reply that it waits for.
#[derive(Debug)]
pub struct Client {
    to_thread: mpsc::Sender<Job>,
    ended: oneshot::Receiver<()>,
}

/// What the thread is to do.
struct Job {
    command: Command,
    /// Whose lane of the recording it belongs to.
    span: Span,
    reply: oneshot::Sender<Result<Value, Error>>,
}

impl Client {
    /// Starts a thread, which connects.
    ///
    /// # Errors
    ///
    /// When nobody answers there, the server refuses, or the system gives no thread.
    pub async fn connect(address: &Address) -> Result<Self, Error> {
        let (to_thread, jobs) = mpsc::channel(MOST_WAITING);
        let (tell_connected, connected) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        let address = address.clone();
        let work = move || {
            match blocking::Client::connect(&address) {
                Ok(client) => {
                    // Whoever started it may have gone.
                    if tell_connected.send(Ok(())).is_ok() {
                        work(client, &address, jobs);
                    }
                }
                Err(error) => drop(tell_connected.send(Err(error))),
            }
            drop(tell_ended);
        };
        let thread = thread::Builder::new().name("connection".to_owned()).spawn(work);
        thread.map_err(|_| Error::NoMoreThreads)?;
        connected.await.unwrap_or(Err(Error::Closed))?;
        Ok(Self { to_thread, ended })
    }

    /// Has the thread send a command, and waits for its reply.
    ///
    /// # Errors
    ///
    /// As [`blocking::Client::call`]. After a connection is lost, the next call makes a new
    /// one.
    pub async fn call(&self, command: &Command) -> Result<Value, Error> {
        let (reply, replied) = oneshot::channel();
        let job = Job { command: command.clone(), span: Span::current(), reply };
        self.to_thread.send(job).await.map_err(|_| Error::Closed)?;
        replied.await.unwrap_or(Err(Error::Closed))
    }

    /// Waits until the thread has done all that it was given, and has ended the connection.
    pub async fn close(self) {
        drop(self.to_thread);
        // It is never sent: what is waited for is that the thread lets go of it.
        let _ = self.ended.await;
    }
}

/// What the thread does.
fn work(first: blocking::Client, address: &Address, mut jobs: mpsc::Receiver<Job>) {
    let mut client = Some(first);
    while let Some(Job { command, span, reply }) = jobs.blocking_recv() {
        if reply.is_closed() {
            // Nobody waits any more, and nothing was sent.
            continue;
        }
        let done = span.in_scope(|| call(&mut client, address, &command));
        // The caller may be gone by now, and the next reply is still the next one's.
        let _ = reply.send(done);
    }
    if let Some(client) = client {
        client.close();
    }
}

/// One command, on a new connection if the last one was lost.
fn call(
    kept: &mut Option<blocking::Client>,
    address: &Address,
    command: &Command,
) -> Result<Value, Error> {
    let mut client = match kept.take() {
        Some(client) => client,
        None => blocking::Client::connect(address)?,
    };
    let done = client.call(command);
    if matches!(done, Ok(_) | Err(Error::Refused(_))) {
        *kept = Some(client);
    }
    done
}
