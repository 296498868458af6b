//! Requests one by one, by hand: opening orders, delivering, and the handshake of
//! a WebSocket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use benchmark::Result;

/// How long a server may take to answer, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that waits for what it reads.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    /// What has come, and is not read yet.
    pub(crate) come: Vec<u8>,
}

/// An answer's status and body.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, come: Vec::new() })
    }

    pub(crate) fn send(&mut self, request: &str) -> Result<()> {
        Ok(self.stream.write_all(request.as_bytes())?)
    }

    pub(crate) fn answer(&mut self) -> Result<Answer> {
        loop {
            if let Some((answer, length)) = first(&self.come)? {
                self.come.drain(..length);
                return Ok(answer);
            }
            self.read()?;
        }
    }

    /// Waits for more.
    pub(crate) fn read(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes)? {
            0 => Err("the server has hung up".into()),
            read => {
                self.come.extend_from_slice(&bytes[..read]);
                Ok(())
            }
        }
    }
}

/// The first answer of these bytes and how long it is, once all of it is there.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| format!("no answer of HTTP: {head}"))?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let begin = end + 4;
    let length = begin + length.unwrap_or(0);
    let Some(body) = bytes.get(begin..length) else { return Ok(None) };
    let body = String::from_utf8_lossy(body).into_owned();
    Ok(Some((Answer { status, body }, length)))
}

pub(crate) fn open() -> String {
    post("/orders", "")
}

pub(crate) fn deliver(order: &str, position: &str) -> String {
    post(&format!("/orders/{order}/position"), position)
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn watch(order: &str) -> String {
    format!(
        "GET /ws/orders/{order} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}
