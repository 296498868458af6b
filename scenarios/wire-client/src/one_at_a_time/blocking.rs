//! Connecting, and how long a socket that blocks may still do so.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

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

/// How long a socket blocks, as it was told last. To tell it is a call to the system, which
/// takes a good part of what a whole reply does; and most calls have as long as the one
/// before.
#[derive(Debug, Default)]
pub(crate) struct Told {
    reading: Duration,
    writing: Duration,
}

impl Told {
    pub(crate) fn for_reading(&mut self, socket: &TcpStream, left: Duration) -> io::Result<()> {
        if differs(self.reading, left) {
            socket.set_read_timeout(Some(left))?;
            self.reading = left;
        }
        Ok(())
    }

    pub(crate) fn for_writing(&mut self, socket: &TcpStream, left: Duration) -> io::Result<()> {
        if differs(self.writing, left) {
            socket.set_write_timeout(Some(left))?;
            self.writing = left;
        }
        Ok(())
    }
}

/// A hundredth more or less is as good.
fn differs(told: Duration, left: Duration) -> bool {
    told.abs_diff(left) > left / 100
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_socket_is_told_anew_when_less_is_left_and_when_all_is_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut told = Told::default();
        let mut heard = |left| {
            let left = Duration::from_millis(left);
            told.for_reading(&socket, left).unwrap();
            told.for_writing(&socket, left).unwrap();
            let heard = [socket.read_timeout(), socket.write_timeout()];
            heard.map(|it| it.unwrap().unwrap().as_millis())
        };
        let heard = [30_000, 29_900, 29_600, 8_000, 30_000].map(&mut heard);
        assert_eq!(heard, [30_000, 30_000, 29_600, 8_000, 30_000].map(|it| [it; 2]));
    }
}
