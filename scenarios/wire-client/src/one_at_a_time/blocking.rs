//! Connecting, and how long a socket that blocks may still do so.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Instant;

use super::left;
use crate::Address;

/// Connects to the first of the host's addresses that takes it.
pub(crate) fn connect(address: &Address, until: Instant) -> io::Result<TcpStream> {
    let mut why = io::Error::from(ErrorKind::AddrNotAvailable);
    for place in address.host_and_port().to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, left(until)?) {
            Ok(socket) => {
                // Else a command waits for the acknowledgement of the one before.
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// Tries again when a signal has come meanwhile: a socket that may block for so long only
/// gives up then, on Linux.
pub(crate) fn uninterrupted(mut wait: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match wait() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
