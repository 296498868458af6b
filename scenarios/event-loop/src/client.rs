//! The smallest HTTP client that will do: one request per connection, and its
//! reply as a whole.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::route::Route;
use crate::{Connection, Failure, Reactor, Timers};

/// No reply that is wanted here is longer, in bytes.
const LONGEST_REPLY: usize = 1024 * 1024;

/// A head has fewer lines than these.
const MOST_HEADERS: usize = 100;

/// Makes requests on the event loop of one thread.
pub struct Client<'a> {
    pub(crate) timers: &'a Timers,
    pub(crate) reactor: &'a Reactor,
    pub(crate) route: &'a Route,
    pub(crate) addresses: &'a [SocketAddr],
    pub(crate) timeout: Option<Duration>,
}

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status, such as `200 OK`.
    pub status: String,
    /// Whether it is a good one: 200 to 299.
    pub is_success: bool,
    /// What follows the head.
    pub content: String,
}

impl Client<'_> {
    /// Asks the server for as many seconds, and gives its reply, whatever it is.
    ///
    /// # Errors
    ///
    /// When there is no whole reply within the time-out.
    pub async fn get(&self, seconds: f64) -> Result<Reply, Failure> {
        let exchange = self.exchange(seconds);
        let reply = match self.timeout {
            Some(timeout) => within(self.timers, timeout, exchange).await,
            None => exchange.await,
        };
        Ok(reply?)
    }

    async fn exchange(&self, seconds: f64) -> io::Result<Reply> {
        let connection = self.connect().await?;
        let Route { host, port, path } = self.route;
        // Version 1.0 has no replies in pieces.
        let request = format!(
            "GET {path}?seconds={seconds} HTTP/1.0\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = connection.read(&mut buffer).await?;
            reply.extend(&buffer[..read]);
            if let Some(reply) = parsed(&reply, read == 0)? {
                return Ok(reply);
            }
            if reply.len() > LONGEST_REPLY {
                return Err(io::Error::new(ErrorKind::InvalidData, "the reply is too long"));
            }
        }
    }

    /// Takes the first of the addresses at which somebody answers.
    async fn connect(&self) -> io::Result<Connection<'_>> {
        let mut refusal = ErrorKind::AddrNotAvailable.into();
        for address in self.addresses {
            match Connection::open(self.reactor, *address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }
}

/// Polls both the exchange and a timer. Whichever is done first ends it, and
/// the other one is dropped.
async fn within<T>(
    timers: &Timers,
    time: Duration,
    exchange: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let mut exchange = pin!(exchange);
    let mut sleep = pin!(timers.sleep(time));
    poll_fn(|context| match exchange.as_mut().poll(context) {
        Poll::Pending => sleep.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into())),
        ready => ready,
    })
    .await
}

/// The reply, if these bytes are a whole one. It ends after as many bytes as its
/// head announces, or else with the connection.
fn parsed(bytes: &[u8], ended: bool) -> io::Result<Option<Reply>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(bytes).map_err(|error| {
        io::Error::new(ErrorKind::InvalidData, format!("this is not HTTP: {error}"))
    })?;
    let whole = match parsed {
        httparse::Status::Complete(length) => {
            let content = &bytes[length..];
            match announced(&head) {
                Some(announced) => content.get(..announced),
                None => ended.then_some(content),
            }
        }
        httparse::Status::Partial => None,
    };
    let Some(content) = whole else {
        let early = "the connection ended before the reply was whole";
        return if ended { Err(io::Error::new(ErrorKind::UnexpectedEof, early)) } else { Ok(None) };
    };
    let code = head.code.unwrap_or_default();
    Ok(Some(Reply {
        status: format!("{code} {}", head.reason.unwrap_or_default()).trim_end().to_owned(),
        is_success: (200..300).contains(&code),
        content: String::from_utf8_lossy(content).into_owned(),
    }))
}

/// How many bytes the head says are to follow it.
fn announced(head: &httparse::Response<'_, '_>) -> Option<usize> {
    let length = head.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-length"))?;
    str::from_utf8(length.value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(bytes: &str, ended: bool) -> Option<String> {
        parsed(bytes.as_bytes(), ended).expect("it is HTTP").map(|reply| reply.content)
    }

    #[test]
    fn a_reply_is_its_status_and_its_content() {
        let bytes = b"HTTP/1.0 404 Not Found\r\nContent-Length: 4\r\n\r\nnone";
        let (status, content) = ("404 Not Found".to_owned(), "none".to_owned());
        let wanted = Reply { status, is_success: false, content };
        assert_eq!(parsed(bytes, false).unwrap(), Some(wanted));
    }

    #[test]
    fn a_reply_ends_where_its_head_says_or_with_the_connection() {
        let announced = "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n";
        assert_eq!(content(&format!("{announced}o"), false), None);
        assert_eq!(content(&format!("{announced}ok"), false).as_deref(), Some("ok"));
        assert_eq!(content(&format!("{announced}ok and more"), true).as_deref(), Some("ok"));
        assert_eq!(content("HTTP/1.0 200\r\n\r\nok", false), None);
        assert_eq!(content("HTTP/1.0 200\r\n\r\nok", true).as_deref(), Some("ok"));
    }

    #[test]
    fn half_a_reply_is_none() {
        let announced = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhalf";
        for bytes in ["", "HTTP/1.0 200 OK\r\nContent-", announced] {
            assert_eq!(content(bytes, false), None, "{bytes}");
            let error = parsed(bytes.as_bytes(), true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{bytes}");
        }
    }

    #[test]
    fn what_is_no_http_is_none() {
        let error = parsed(b"SSH-2.0-OpenSSH_9.2\r\n", false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
