//! Sockets that do not block: whoever finds one not ready leaves a waker here,
//! and the reactor calls it when the system says that the socket is ready.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Token};

use crate::telling;

/// The token of a call from another thread. Sockets have those above it.
const ALARM: Token = Token(0);

/// As many events are taken from the system at a time.
const EVENTS: usize = 256;

/// The sockets of one thread, and who waits for them.
pub struct Reactor {
    system: RefCell<mio::Poll>,
    events: RefCell<Events>,
    alarm: Arc<mio::Waker>,
    wakers: RefCell<BTreeMap<Token, (Interest, Waker)>>,
    last: Cell<Token>,
}

impl Reactor {
    /// A reactor without sockets.
    ///
    /// # Errors
    ///
    /// When the system gives nothing to wait with.
    pub fn new() -> io::Result<Self> {
        let system = mio::Poll::new()?;
        let alarm = Arc::new(mio::Waker::new(system.registry(), ALARM)?);
        Ok(Self {
            system: RefCell::new(system),
            events: RefCell::new(Events::with_capacity(EVENTS)),
            alarm,
            wakers: RefCell::default(),
            last: Cell::new(ALARM),
        })
    }

    /// What ends the sleep from another thread.
    pub(crate) fn alarm(&self) -> Arc<mio::Waker> {
        self.alarm.clone()
    }

    /// Whether anybody waits for a socket.
    pub(crate) fn is_waited_for(&self) -> bool {
        !self.wakers.borrow().is_empty()
    }

    /// Keeps the waker until the socket with this token is ready for what is wanted.
    fn keep(&self, token: Token, wanted: Interest, waker: Waker) {
        self.wakers.borrow_mut().insert(token, (wanted, waker));
    }

    /// The waker of whoever waits for this. Windows tells after every read that
    /// found nothing that one may write: to wake the reader for that would be to
    /// wake it again and again.
    fn waker_for(&self, event: &Event) -> Option<Waker> {
        let mut wakers = self.wakers.borrow_mut();
        let (wanted, _) = wakers.get(&event.token())?;
        let may_read = wanted.is_readable() && event.is_readable();
        let may_write = wanted.is_writable() && event.is_writable();
        if !may_read && !may_write {
            return None;
        }
        wakers.remove(&event.token()).map(|(_, waker)| waker)
    }

    /// Sleeps until a socket is ready or another thread calls, but not longer
    /// than this; then wakes those whose sockets are ready.
    pub(crate) fn wait(&self, longest: Option<Duration>) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        match self.system.borrow_mut().poll(&mut events, longest) {
            // A signal came instead, and that is no event.
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in events.iter() {
            self.waker_for(event).into_iter().for_each(Waker::wake);
        }
        Ok(())
    }
}

/// A connection whose calls wait without the thread.
pub struct Connection<'a> {
    reactor: &'a Reactor,
    stream: TcpStream,
    token: Token,
}

impl<'a> Connection<'a> {
    /// Connects to the address.
    ///
    /// # Errors
    ///
    /// When nobody there takes the connection.
    pub async fn open(reactor: &'a Reactor, address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        let token = Token(reactor.last.get().0 + 1);
        reactor.last.set(token);
        let both = Interest::READABLE | Interest::WRITABLE;
        reactor.system.borrow().registry().register(&mut stream, token, both)?;
        let connection = Self { reactor, stream, token };
        connection.when_ready(Interest::WRITABLE, connected).await?;
        Ok(connection)
    }

    /// Sends all the bytes.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.when_ready(Interest::WRITABLE, |mut stream| stream.write(bytes)).await? {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => bytes = &bytes[written..],
            }
        }
        Ok(())
    }

    /// Receives some bytes; gives how many, and 0 at the end of the connection.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.when_ready(Interest::READABLE, |mut stream| stream.read(buffer)).await
    }

    /// Tries until the answer is another one than "not now". The system tells
    /// of a socket that has *become* ready, so trying comes before waiting.
    async fn when_ready<T>(
        &self,
        wanted: Interest,
        mut attempt: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|context| {
            loop {
                match attempt(&self.stream) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        telling::waits_for_its_socket();
                        self.reactor.keep(self.token, wanted, context.waker().clone());
                        return Poll::Pending;
                    }
                    result => return Poll::Ready(result),
                }
            }
        })
        .await
    }
}

/// Whether a connection that was begun is there.
fn connected(stream: &TcpStream) -> io::Result<()> {
    match (stream.take_error()?, stream.peer_addr()) {
        (Some(error), _) => Err(error),
        (None, Err(error)) if error.kind() == ErrorKind::NotConnected => {
            Err(ErrorKind::WouldBlock.into())
        }
        (None, peer) => peer.map(|_| ()),
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.reactor.wakers.borrow_mut().remove(&self.token);
        // Closing it takes it from the system's list as well, if this fails.
        let _ = self.reactor.system.borrow().registry().deregister(&mut self.stream);
    }
}
