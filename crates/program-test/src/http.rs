//! A plain HTTP client, which sends what it is told to and nothing else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::{PATIENCE, read_head};

/// The head of a request, with these lines in it, which end with `\r\n`.
pub fn head(method: &str, target: &str, lines: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n")
}

/// A request with this body.
pub fn whole(method: &str, target: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    head(method, target, &format!("{lines}content-length: {length}\r\n")) + body
}

/// One connection.
#[derive(Debug)]
pub struct Client(TcpStream);

/// A response, taken apart.
#[derive(Debug)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// All lines above the body, in small letters.
    pub head: String,
    /// What it was told to be as long as.
    pub body: String,
}

impl Client {
    /// Connects to a server.
    ///
    /// # Panics
    ///
    /// When it does not accept.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a server that accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        Self(stream)
    }

    /// The connection itself, for what is no HTTP any more.
    pub fn into_stream(self) -> TcpStream {
        self.0
    }

    /// Sends this, whatever it is.
    ///
    /// # Panics
    ///
    /// When nobody reads it.
    #[track_caller]
    pub fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("a server that reads");
    }

    /// Reads a response.
    ///
    /// # Panics
    ///
    /// When what comes is none.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        let head = read_head(&mut self.0).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("the head of a response, not {head:?}"));
        let mut body = vec![0; header(&head, "content-length").parse().unwrap_or(0)];
        self.0.read_exact(&mut body).expect("the body of a response");
        Response { status, head, body: String::from_utf8(body).expect("a body in UTF-8") }
    }

    /// Nothing more comes: the server has ended the connection.
    ///
    /// # Panics
    ///
    /// When something comes.
    #[track_caller]
    pub fn assert_at_end(mut self) {
        let mut rest = Vec::new();
        // A server that has not read everything resets the connection.
        let _ = self.0.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(other, value)| (other == name).then_some(value)).unwrap_or_default()
}

impl Response {
    /// What a line of the head says; nothing where there is none.
    pub fn header(&self, name: &str) -> &str {
        header(&self.head, name)
    }

    /// The body.
    ///
    /// # Panics
    ///
    /// When it is no JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It is a problem of this kind, and this is its sentence.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, title: &str, sentence: &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!((self.status, &problem["status"]), (status, &Value::from(status)), "{self:?}");
        assert_eq!((&problem["title"], &problem["detail"]), (&title.into(), &sentence.into()));
        assert_eq!(problem["type"], "about:blank");
    }
}
