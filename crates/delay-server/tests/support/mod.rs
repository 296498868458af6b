//! A plain HTTP client, and servers for it.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use delay_server::{Config, Server};
use program_test::PATIENCE;

/// A response, taken apart.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The settings of a server for a test, on a port that is free.
pub(crate) fn config() -> Config {
    Config { addr: "localhost:0".to_owned(), ..Config::default() }
}

pub(crate) fn start() -> Server {
    Server::start(config()).expect("a free port")
}

/// Where to connect to, for a URL such as `http://localhost:1234`.
pub(crate) fn address(url: &str) -> SocketAddr {
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    SocketAddr::from(([127, 0, 0, 1], port.expect("a URL that ends in a port")))
}

/// Sends a request, and does not wait for what comes back.
pub(crate) fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a server that accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.write_all(request.as_bytes()).expect("a server that reads");
    stream
}

/// Reads one response, as long as its `content-length` says.
pub(crate) fn read_response(stream: &mut TcpStream) -> Response {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the head of a response");
        head.extend(byte);
    }
    let head = String::from_utf8(head).expect("a head in UTF-8").to_lowercase();
    let mut body = vec![0; number_after(&head, "content-length: ").into()];
    stream.read_exact(&mut body).expect("the body of a response");
    Response {
        status: number_after(&head, " "),
        body: String::from_utf8(body).expect("a body in UTF-8"),
        head,
    }
}

fn number_after(text: &str, prefix: &str) -> u16 {
    let rest = text.split_once(prefix).map_or("", |(_, rest)| rest);
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
    digits.unwrap_or_default().parse().expect("a number")
}

/// Everything that comes until the server closes the connection.
pub(crate) fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => text,
        // A server that has not read everything resets the connection.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => text,
        Err(error) => panic!("the connection stays open: {error}"),
    }
}

pub(crate) fn request(address: SocketAddr, method: &str, target: &str) -> Response {
    let request = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    read_response(&mut send(address, &request))
}

pub(crate) fn get(server: &Server, target: &str) -> Response {
    request(address(server.url()), "GET", target)
}

/// Asks to wait, and leaves the reply for later.
pub(crate) fn begin_wait(address: SocketAddr, seconds: &str) -> TcpStream {
    let request = format!("GET /delay-me?seconds={seconds} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    send(address, &request)
}
