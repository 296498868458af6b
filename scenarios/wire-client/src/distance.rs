//! A way to a server that is far away: all that is sent over it arrives late.
//!
//! Over loopback a round trip takes some hundred thousandths of a second, and nobody sees
//! who waits for whom. What is late here is each byte, and nothing is slow: however much
//! is on its way at once, it arrives half a round trip after it was sent.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener as Listener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};
use tokio::{runtime, try_join};

use crate::Address;

/// The most that is read at once.
const PIECE: usize = 64 * 1024;

/// How many pieces may be on their way, in each direction of a connection. Whoever sends
/// more waits, as at any network: else a server's endless reply would fill the memory.
const MOST_PIECES: usize = 1024;

/// How long to wait before taking connections again, where the system gave none.
const PAUSE: Duration = Duration::from_millis(10);

/// A relay on a thread and an event loop of its own, so that it is late by as much as it
/// is to be, whatever the program's own threads are doing. It ends when it is dropped.
pub struct Distance {
    address: Address,
    /// Dropped, it ends the thread.
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Distance {
    /// Puts half of the round trip between every client and this server, each way.
    ///
    /// # Errors
    ///
    /// When the system gives no port or no thread.
    pub fn start(to: &Address, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = to.moved_to("127.0.0.1", listener.local_addr()?.port());
        let (end, ended) = oneshot::channel();
        let (tell_begun, begun) = blocking::channel();
        let (to, one_way) = (to.clone(), round_trip / 2);
        let thread = thread::Builder::new().name("distance".to_owned()).spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
            let (runtime, made) = match runtime {
                Ok(runtime) => (Some(runtime), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // Whoever starts it waits for this.
            let _ = tell_begun.send(made);
            if let Some(runtime) = runtime {
                runtime.block_on(async {
                    tokio::select! {
                        _ = ended => {}
                        _ = accept(listener, to, one_way) => {}
                    }
                });
            }
        })?;
        begun.recv().unwrap_or_else(|error| Err(io::Error::other(error)))?;
        Ok(Self { address, end: Some(end), thread: Some(thread) })
    }

    /// Where it takes connections for the server.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Distance {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // If it has panicked, that was told.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, to: Address, one_way: Duration) -> io::Result<()> {
    let listener = Listener::from_std(listener)?;
    loop {
        let Ok((near, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let to = to.clone();
        // Where it fails, both connections end, and that tells both sides.
        tokio::spawn(async move { carry(near, &to, one_way).await });
    }
}

/// Carries what one client says to the server, and what that replies.
async fn carry(near: TcpStream, to: &Address, one_way: Duration) -> io::Result<()> {
    let far = TcpStream::connect(to.host_and_port()).await?;
    // What waits for company would be later than it is to be.
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((near_from, near_to), (far_from, far_to)) = (near.into_split(), far.into_split());
    let there = deliver(near_from, far_to, one_way);
    let back = deliver(far_from, near_to, one_way);
    try_join!(there, back).map(|_| ())
}

/// Carries all that comes, and then the end of it.
async fn deliver(from: OwnedReadHalf, to: OwnedWriteHalf, one_way: Duration) -> io::Result<()> {
    let (send, on_the_way) = mpsc::channel(MOST_PIECES);
    try_join!(depart(from, send, one_way), arrive(on_the_way, to)).map(|_| ())
}

/// A piece of what was said, and when it is to arrive; without bytes, the end of it.
type Piece = (Instant, Bytes);

async fn depart(
    mut from: OwnedReadHalf,
    on_the_way: mpsc::Sender<Piece>,
    one_way: Duration,
) -> io::Result<()> {
    let mut bytes = BytesMut::new();
    loop {
        bytes.reserve(PIECE);
        let read = from.read_buf(&mut bytes).await?;
        let sent = on_the_way.send((Instant::now() + one_way, bytes.split().freeze())).await;
        if read == 0 || sent.is_err() {
            return Ok(());
        }
    }
}

async fn arrive(mut on_the_way: mpsc::Receiver<Piece>, mut to: OwnedWriteHalf) -> io::Result<()> {
    while let Some((at, bytes)) = on_the_way.recv().await {
        sleep_until(at).await;
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}
