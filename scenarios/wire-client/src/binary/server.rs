//! What answers the binary protocol: numbers with names, in memory.

use std::collections::HashMap;
use std::io;
use std::net::{self, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::time;

use super::{Code, Decoder, Message, Payload};

/// A server on this machine, with a thread of its own. It and its connections end when
/// this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Connections at once. More are accepted when one of these has ended.
    pub const CONNECTIONS: usize = 256;
    /// Bytes of a payload.
    pub const LARGEST: usize = 64 << 10;
    /// Numbers that it keeps.
    pub const NUMBERS: usize = 1000;
    /// Bytes of a name.
    pub const NAME: usize = 256;

    /// Listens on a free port.
    ///
    /// # Errors
    ///
    /// When the system has no port or no thread for it.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // The caller may be inside of another runtime, so nothing is awaited here.
        let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("binary server".into())
            .spawn(move || run(&runtime, listener, stopped))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it has been told by then.
            let _ = thread.join();
        }
    }
}

/// Its connections are tasks of the runtime, and end with it.
fn run(runtime: &Runtime, listener: net::TcpListener, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            () = accept(listener) => {}
        }
    });
}

async fn accept(listener: net::TcpListener) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let numbers = Arc::new(Numbers::default());
    let places = Arc::new(Semaphore::new(Server::CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let numbers = numbers.clone();
                tokio::spawn(async move {
                    // Whoever it was has gone.
                    let _ = converse(stream, &numbers).await;
                    drop(place);
                });
            }
            // No descriptor is free, perhaps: to ask at once would keep the thread busy.
            Err(_) => time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers until the other side has said all. While it does not read, nothing of it is read.
async fn converse(mut stream: TcpStream, numbers: &Numbers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut decoder = Decoder::new(Server::LARGEST);
    let mut asked = BytesMut::with_capacity(8 << 10);
    let mut answers = BytesMut::new();
    while stream.read_buf(&mut asked).await? > 0 {
        let refused = loop {
            match decoder.decode(&mut asked) {
                Ok(Some(request)) => numbers.answer(request).encode(&mut answers),
                Ok(None) => break false,
                Err(error) => {
                    refusal(error.to_string()).encode(&mut answers);
                    break true;
                }
            }
        };
        stream.write_all(&answers).await?;
        answers.clear();
        if refused {
            break;
        }
    }
    stream.shutdown().await
}

#[derive(Debug, Default)]
struct Numbers(Mutex<HashMap<Bytes, i64>>);

impl Numbers {
    fn answer(&self, request: Message) -> Message {
        let answered = match (request.code, request.payload) {
            (Code::Echo, payload) => Ok(payload),
            (Code::Get, Payload::Bytes(name)) => Ok(self.get(&name)),
            (Code::Increment, Payload::Bytes(name)) => self.increment(&name),
            (Code::Get | Code::Increment, _) => Err("a name is bytes"),
            (Code::Reply | Code::Refusal, _) => Err("an answer is no request"),
        };
        match answered {
            Ok(payload) => Message { code: Code::Reply, payload },
            Err(reason) => refusal(reason.into()),
        }
    }

    fn get(&self, name: &[u8]) -> Payload {
        let numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.get(name).map_or(Payload::Nothing, |number| Payload::Integer(*number))
    }

    fn increment(&self, name: &[u8]) -> Result<Payload, &'static str> {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.get_mut(name) {
            *number = number.checked_add(1).ok_or("the number is as large as it can be")?;
            return Ok(Payload::Integer(*number));
        }
        if name.len() > Server::NAME {
            return Err("the name is too long");
        }
        if numbers.len() >= Server::NUMBERS {
            return Err("there are as many numbers as there may be");
        }
        // A copy: the name is a part of what was read, and would keep all of that.
        numbers.insert(Bytes::copy_from_slice(name), 1);
        Ok(Payload::Integer(1))
    }
}

fn refusal(reason: String) -> Message {
    Message { code: Code::Refusal, payload: Payload::Bytes(reason.into()) }
}
