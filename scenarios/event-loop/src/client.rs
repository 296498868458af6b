//! The smallest HTTP client that will do: one request per connection, and its
//! reply as a whole.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use delay_server::client::{
    ENOUGH_OF_A_REFUSAL, LONGEST_HEAD, LONGEST_REPLY, MOST_HEADERS, Unanswered, length, text,
};
use httparse::Status::{Complete, Partial};

use crate::route::Route;
use crate::{Connection, Failure, Reactor, Timers};

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
    /// The status, such as 200.
    pub status: u16,
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
/// head announces, or else with the connection. Of a refusal the beginning is enough.
fn parsed(bytes: &[u8], ended: bool) -> Result<Option<Reply>, Unanswered> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let content = match head.parse(bytes) {
        Ok(Complete(length)) if length <= LONGEST_HEAD => &bytes[length..],
        Ok(Partial) if bytes.len() <= LONGEST_HEAD => {
            return if ended { Err(Unanswered::Lost) } else { Ok(None) };
        }
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(Unanswered::HeadTooLong),
        Err(error) => return Err(Unanswered::NotHttp(error.to_string())),
    };
    let code = head.code.unwrap_or_default();
    let is_success = (200..300).contains(&code);
    let most = if is_success { LONGEST_REPLY } else { ENOUGH_OF_A_REFUSAL };
    let content = match announced(code, &head)? {
        Some(announced) if announced <= content.len() => &content[..announced],
        Some(announced) if is_success && announced > most => return Err(Unanswered::TooLong),
        None if ended => content,
        _ if content.len() > most => content,
        _ if ended => return Err(Unanswered::Lost),
        _ => return Ok(None),
    };
    Ok(Some(Reply { status: code, is_success, content: text(is_success, content.to_vec())? }))
}

/// How many bytes the head says are to follow it; none if the connection is to
/// end after them. What this client does not read, it does not guess at either.
fn announced(code: u16, head: &httparse::Response<'_, '_>) -> Result<Option<usize>, Unanswered> {
    let unread = |what: &str| Err(Unanswered::NotHttp(format!("{what}, which 1.0 does not have")));
    let mut headers = head.headers.iter();
    if code < 200 {
        return unread("it answers in several steps");
    }
    if headers.clone().any(|header| header.name.eq_ignore_ascii_case("transfer-encoding")) {
        return unread("it comes in pieces");
    }
    // These never have any, whatever the head says.
    if matches!(code, 204 | 304) {
        return Ok(Some(0));
    }
    length(
        headers
            .by_ref()
            .filter(|it| it.name.eq_ignore_ascii_case("content-length"))
            .map(|it| it.value),
    )
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
        let (status, content) = (404, "none".to_owned());
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
            assert_eq!(error, Unanswered::Lost, "{bytes}");
        }
    }

    #[test]
    fn what_is_no_http_is_none() {
        let error = parsed(b"SSH-2.0-OpenSSH_9.2\r\n", false).unwrap_err();
        assert!(matches!(error, Unanswered::NotHttp(_)), "{error}");
    }
}
