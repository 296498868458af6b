//! Servers that are not ours: those that behave in every possible way, and those
//! that are not there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use socket2::{Domain, Socket, Type};

/// A stranger's server. It goes on until the test's process ends.
#[derive(Debug)]
pub struct Stranger {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Stranger {
    /// The URL of something there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests have come.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Starts one. It reads the head of one request from each connection, and `answer`
/// does the rest: it gets the connection, what was asked for, and how many came
/// before. Then the connection ends.
///
/// # Panics
///
/// When there is no free port.
pub fn stranger(answer: impl Fn(&mut TcpStream, &str, usize) + Send + Sync + 'static) -> Stranger {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let asked = Arc::new(AtomicUsize::new(0));
    let (counter, answer) = (asked.clone(), Arc::new(answer));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (counter, answer) = (counter.clone(), answer.clone());
            thread::spawn(move || {
                let head = read_head(&mut stream);
                let target = head.split(' ').nth(1).unwrap_or_default();
                answer(&mut stream, target, counter.fetch_add(1, Ordering::SeqCst));
            });
        }
    });
    Stranger { address, asked }
}

/// What comes up to the first empty line, or up to the end.
pub fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A good answer with this body.
pub fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Sends this, and ends the connection.
pub fn close_after(reply: &str) -> impl Fn(&mut TcpStream, &str, usize) + use<> {
    let reply = reply.to_owned();
    move |stream, _, _| {
        // A client that has gone wants nothing.
        let _ = stream.write_all(reply.as_bytes());
    }
}

/// Sends this, and says no more until the client has gone.
pub fn stall_after(reply: &str) -> impl Fn(&mut TcpStream, &str, usize) + use<> {
    let send = close_after(reply);
    move |stream, target, before| {
        send(stream, target, before);
        let _ = stream.read(&mut [0]);
    }
}

/// A port that is taken, so that no other test gets it, and at which nobody answers.
#[derive(Debug)]
pub struct Nobody {
    /// Where.
    pub address: SocketAddr,
    _socket: Socket,
}

impl Nobody {
    /// The URL of something there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Takes such a port.
///
/// # Panics
///
/// When there is no free one.
pub fn nobody() -> Nobody {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket());
    Nobody { address: address.expect("it is bound"), _socket: socket }
}
