//! Listening on an address, and what may be in the way.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use harness::Failure;
use socket2::{Domain, Socket, Type};

use crate::Config;
use crate::names::Names;
use crate::rules::Rules;
use crate::stats::Counts;

/// As many clients may be connecting at the same moment. A system has its own
/// bound on top (Linux: `net.core.somaxconn`).
const BACKLOG: i32 = 10_240;

/// What the system keeps of an answer that its client does not read, in bytes.
/// Answers are small, except for the events of the live page: a viewer that does
/// not read them is to miss some, and not to be sent them all later.
const SEND_BUFFER: usize = 64 * 1024;

/// How often to look for a free port that is free in IPv6 as well.
const ATTEMPTS: u32 = 16;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not one, or its host is unknown.
    #[error("cannot make out the address {addr}: {source}")]
    Address {
        /// [`Config::addr`].
        addr: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody listens there already.
    #[error("cannot listen on {addr}: the port is in use")]
    InUse {
        /// [`Config::addr`].
        addr: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something else forbids to listen there.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// [`Config::addr`].
        addr: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread, no event loop or no signals.
    #[error("cannot run the server: {0}")]
    System(#[from] io::Error),
}

impl StartError {
    /// What the user of the program can do next, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Address { .. } => "give a host and a port: --addr localhost:8000",
            Self::InUse { .. } => {
                "stop what listens there, or take any free port with --addr localhost:0"
            }
            Self::Listen { .. } => "take another address: --addr localhost:8000",
            Self::System(_) => "the system is short of threads or descriptors: free some",
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

/// A server that clients can connect to. They are answered as soon as
/// [`serve`](Self::serve) runs.
#[derive(Debug)]
pub struct Listener {
    pub(crate) sockets: Vec<TcpListener>,
    pub(crate) rules: Arc<Rules>,
    url: String,
}

impl Listener {
    /// Listens on [`Config::addr`].
    ///
    /// # Errors
    ///
    /// When that is no address, or one that cannot be listened on: for
    /// `localhost` also when the port is in use in only one of IPv4 and IPv6.
    pub fn bind(config: &Config) -> Result<Self, StartError> {
        let Bound { sockets, names, url } = Bound::to(&config.addr)?;
        Ok(Self { sockets, rules: Arc::new(Rules::new(config, names)), url })
    }

    /// `http://HOST:PORT` without a slash at the end, ready for a client: the
    /// host of [`Config::addr`], and the port that was free if that said 0.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.rules.counts)
    }
}

/// An address that clients can connect to, for any server: they wait until it
/// accepts them.
#[derive(Debug)]
pub struct Bound {
    /// One or two, none of which blocks.
    pub sockets: Vec<TcpListener>,
    /// Whom a request may ask for there.
    pub names: Names,
    /// As [`Listener::url`].
    pub url: String,
}

impl Bound {
    /// Listens there, as [`Config::addr`] says it.
    ///
    /// # Errors
    ///
    /// As those of [`Listener::bind`].
    pub fn to(addr: &str) -> Result<Self, StartError> {
        let address = resolve(addr)
            .map_err(|source| StartError::Address { addr: addr.to_owned(), source })?;
        let (sockets, port) = listen(addr, address).map_err(|source| {
            let addr = addr.to_owned();
            match source.kind() {
                io::ErrorKind::AddrInUse => StartError::InUse { addr, source },
                _ => StartError::Listen { addr, source },
            }
        })?;
        let names = Names::new(host(addr), address);
        let url = format!("http://{}:{port}", host_in_url(addr, address));
        Ok(Self { sockets, names, url })
    }
}

fn host(addr: &str) -> &str {
    addr.rsplit_once(':').map_or(addr, |(host, _port)| host)
}

/// The host as a client's URL has it.
fn host_in_url(addr: &str, address: SocketAddr) -> String {
    match host(addr) {
        // "Every address" is none that a client can connect to.
        _ if address.ip().is_unspecified() => "localhost".to_owned(),
        // The system takes an IPv6 address without brackets too.
        bare if bare.contains(':') && !bare.starts_with('[') => format!("[{bare}]"),
        host => host.to_owned(),
    }
}

/// The first address that `addr` stands for.
fn resolve(addr: &str) -> io::Result<SocketAddr> {
    let mut addresses = addr.to_socket_addrs()?;
    addresses.next().ok_or_else(|| io::Error::other("the host has no address"))
}

/// Listens, and says on which port.
fn listen(addr: &str, address: SocketAddr) -> io::Result<(Vec<TcpListener>, u16)> {
    if host(addr) == "localhost" {
        return listen_on_localhost(address.port());
    }
    let socket = listen_on(address)?;
    let port = socket.local_addr()?.port();
    Ok((vec![socket], port))
}

/// Listens on IPv4 and IPv6, with the same port on both.
fn listen_on_localhost(port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    let mut attempts = if port == 0 { ATTEMPTS } else { 1 };
    loop {
        let v4 = listen_on((Ipv4Addr::LOCALHOST, port).into())?;
        let same_port = v4.local_addr()?.port();
        attempts -= 1;
        match listen_on((Ipv6Addr::LOCALHOST, same_port).into()) {
            Ok(v6) => return Ok((vec![v4, v6], same_port)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if attempts == 0 {
                    return Err(error);
                }
            }
            // Whatever else is wrong with it, this machine has no IPv6.
            Err(_) => return Ok((vec![v4], same_port)),
        }
    }
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Unix this lets a server start again right after it has stopped; on
    // Windows it would let it take a port that another program listens on.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Connections have it from the socket that accepts them.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
