//! One connection: requests to wait, and then HTTP as hyper speaks it.
//!
//! hyper keeps two buffers of 8 KiB for a connection for as long as it lives, and
//! has no option for smaller ones. Where ten thousand requests wait at once, that
//! is most of a server's memory. So a plain request to wait is answered here: until
//! its answer it is a place, a timer and the connection. With the first request of
//! another kind the connection is hyper's, and all its requests are the routes'.

use std::future::{pending, ready};
use std::io::{self, ErrorKind, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue, Uri};
use futures::future::Either;
use httpdate::HttpDate;
use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::connections::Stopping;
use crate::routes::{DELAY_ME, SECONDS, router, wrong_name};
use crate::rules::Rules;
use crate::wait::Wait;

/// How long a connection may take over the head of its next request, and so
/// also how long it may stay open without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes. The least that hyper allows.
const MAX_HEAD: usize = 8 * 1024;

/// The most that is read of a plain request to wait, in bytes, and its most
/// headers. Clients send a quarter of that.
const PLAIN_HEAD: usize = 1024;
const PLAIN_HEADERS: usize = 16;

/// Headers that may ask for more than an answer.
const NOT_PLAIN: [&str; 5] =
    ["connection", "content-length", "expect", "transfer-encoding", "upgrade"];

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Connections {
    http: Arc<http1::Builder>,
    router: Router,
    rules: Arc<Rules>,
}

impl Connections {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
        Self { http: Arc::new(http), router: router(Arc::clone(&rules)), rules }
    }

    /// Serves a client until one of them ends the connection, or the server stops
    /// and no request is left.
    pub(crate) async fn serve(self, stream: TcpStream, mut stopping: watch::Receiver<Stopping>) {
        let piece = loop {
            let piece = tokio::select! {
                // In this order: what has come before the stop is answered.
                biased;
                piece = timeout(HEAD_TIMEOUT, next_piece(&stream)) => piece,
                () = told_to_end(&mut stopping) => return,
            };
            let Ok(Ok(piece)) = piece else { return };
            let Some(wait) = begin_plain(&piece, &self.rules) else { break piece };
            drop(piece);
            let text = tokio::select! {
                text = wait.finish() => text,
                () = hung_up(&stream) => return,
            };
            let is_gone = stopping.has_changed().is_err();
            let closes = is_gone || *stopping.borrow() != Stopping::No;
            if send(&stream, answer(&text, closes).as_bytes()).await.is_err() {
                return;
            }
        };
        let io = Rewound { piece, stream: TokioIo::new(stream) };
        let (routes, rules) = (TowerToHyperService::new(self.router), self.rules);
        let named = service_fn(move |request: Request<Incoming>| {
            if rules.names.has(request.headers(), request.uri()) {
                return Either::Left(routes.call(request));
            }
            Either::Right(ready(Ok(wrong_name(&rules, request.uri()))))
        });
        let mut connection = pin!(self.http.serve_connection(io, named));
        // What went wrong is the client's business, and the system's.
        let _ = tokio::select! {
            // In this order: a connection that is told to stop before it has read
            // anything would not answer what has come.
            biased;
            ended = &mut connection => ended,
            () = told_to_end(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
    }
}

/// Returns when the server stops now, or is gone.
async fn told_to_end(stopping: &mut watch::Receiver<Stopping>) {
    let _ = stopping.wait_for(|stopping| *stopping == Stopping::Now).await;
}

/// What the client sends next, as soon as it comes.
async fn next_piece(stream: &TcpStream) -> io::Result<Box<[u8]>> {
    loop {
        stream.readable().await?;
        let mut piece = [0; PLAIN_HEAD];
        match stream.try_read(&mut piece) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => return Ok(piece[..length].into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Gives a request its place if it is one to wait, whole and with nothing behind
/// it. All else is left to hyper and the routes, refusals too.
fn begin_plain(piece: &[u8], rules: &Rules) -> Option<Wait> {
    let mut headers = [httparse::EMPTY_HEADER; PLAIN_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let whole = request.parse(piece).ok()? == httparse::Status::Complete(piece.len());
    let is_plain = |header: &httparse::Header<'_>| {
        !NOT_PLAIN.iter().any(|name| header.name.eq_ignore_ascii_case(name))
    };
    if !whole
        || (request.method, request.version) != (Some("GET"), Some(1))
        || !request.headers.iter().all(is_plain)
    {
        return None;
    }
    let uri: Uri = request.path?.parse().ok()?;
    if uri.path() != DELAY_ME || !rules.names.has(&hosts(request.headers)?, &uri) {
        return None;
    }
    Wait::begin(&uri, rules.seconds(SECONDS, &uri).ok()?, &rules.counts)
}

/// Whom these headers name; none if there is no reading it.
fn hosts(headers: &[httparse::Header<'_>]) -> Option<HeaderMap> {
    let hosts = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(HOST.as_str()));
    hosts.map(|host| Some((HOST, HeaderValue::from_bytes(host.value).ok()?))).collect()
}

/// The answer as hyper writes it, which says so if it is the last one.
fn answer(text: &str, closes: bool) -> String {
    let (length, date) = (text.len(), HttpDate::from(SystemTime::now()));
    let close = if closes { "connection: close\r\n" } else { "" };
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {length}\r\n{close}date: {date}\r\n\r\n{text}"
    )
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Returns when the client has gone.
async fn hung_up(stream: &TcpStream) {
    // One that has already sent its next request is not looked at any more.
    if let Ok(1..) = stream.peek(&mut [0]).await {
        pending::<()>().await;
    }
}

/// A connection whose first bytes are read once more.
struct Rewound {
    piece: Box<[u8]>,
    stream: TokioIo<TcpStream>,
}

impl Read for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.piece.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let (now, later) = self.piece.split_at(self.piece.len().min(buf.remaining()));
        buf.put_slice(now);
        self.piece = later.into();
        Poll::Ready(Ok(()))
    }
}

impl Write for Rewound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;
    use crate::{Config, Listener};

    /// What a server sends to a client that sends only this, until it closes the
    /// connection. The clock is paused: it jumps to whatever happens next.
    async fn reply_to(request: &str) -> String {
        let addr = "127.0.0.1:0".to_owned();
        let listener = Listener::bind(&Config { addr, ..Config::default() }).unwrap();
        let address = listener.url().trim_start_matches("http://").to_owned();
        tokio::spawn(listener.serve(pending()));

        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).await.unwrap();
        reply
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_to_its_end_ends_the_connection() {
        let start = Instant::now();
        assert_eq!(reply_to("GET /delay-me HTTP/1.1\r\nhost: ").await, "");
        assert!(start.elapsed() >= HEAD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_ends() {
        let start = Instant::now();
        assert_eq!(reply_to("").await, "");
        assert!(start.elapsed() >= HEAD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_not_cut_short_by_the_time_out() {
        let request = "GET /delay-me?seconds=300 HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let start = Instant::now();
        let reply = reply_to(request).await;
        assert!(reply.ends_with("Done, I waited for 300 secs"), "{reply}");
        assert!(start.elapsed() >= Duration::from_secs(300) + HEAD_TIMEOUT);
    }
}
