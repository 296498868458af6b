//! Connecting, awaited.

use std::io;
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::left;
use crate::Address;

/// Connects to the first of the host's addresses that takes it.
pub(crate) async fn connect(address: &Address, until: Instant) -> io::Result<TcpStream> {
    let socket = timeout(left(until)?, TcpStream::connect(address.host_and_port())).await??;
    // Else a command waits for the acknowledgement of the one before.
    socket.set_nodelay(true)?;
    Ok(socket)
}
