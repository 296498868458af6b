//! Servers of every bad kind, and what every client is to make of each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// It is done, with this text.
    #[allow(dead_code, reason = "some tests have a client to which no text is good")]
    Replies(&'static str),
    /// It fails, with this in its cause.
    Fails(&'static str),
}
use Outcome::{Fails, Replies};

/// A server that sends the same to everybody.
pub(crate) struct Stranger {
    pub(crate) reply: Vec<u8>,
    pub(crate) then: Then,
    pub(crate) wanted: Outcome,
    /// Where a client that speaks HTTP/1.0 alone makes something else of it.
    #[allow(dead_code, reason = "some tests have no such client")]
    pub(crate) in_1_0: Option<Outcome>,
}

/// What comes after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection ends.
    Closes,
    /// The client has to end it.
    Stalls,
    /// This, again and again.
    Repeats(&'static str),
}

const HEAD_TOO_LONG: Outcome = Fails("the head of the reply is longer than 8 KiB or 100 lines");
const TOO_LONG: Outcome = Fails("the reply is longer than 1 MiB");
const NOT_HTTP: Outcome = Fails("this is not HTTP: ");
const LOST: Outcome = Fails("closed the connection before its reply was complete");
const TIMED_OUT: Outcome = Fails("within the time-out");

/// All of them.
pub(crate) fn strangers() -> Vec<Stranger> {
    let ok = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
    let large = "x".repeat(1024 * 1024 + 1);
    let evil = "\x1b]0;title\x07\x1b]52;c;cm0=\x07\x1b[2J\x1b[?1049h\u{9b}31m\u{202e}\u{2066}\u{fffe}\u{e0041}";
    let told = r"\u{1b}]0;title\u{7}\u{1b}]52;c;cm0=\u{7}\u{1b}[2J\u{1b}[?1049h\u{9b}31m\u{202e}\u{2066}\u{fffe}\u{e0041}";
    vec![
        closes(ok("Content-Length: 2\r\n") + "ok", Replies("ok")),
        closes(ok("") + "ok", Replies("ok")),
        closes(ok("Content-Length: 2\r\n") + "ok, and more", Replies("ok")),
        closes(ok("Content-Length: 2\r\nContent-Length: 2\r\n") + "ok", Replies("ok")),
        closes("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), Replies("")),
        // Heads.
        closes(ok(&lines(7, 1000)) + "ok", Replies("ok")),
        closes(ok(&lines(9, 1000)) + "ok", HEAD_TOO_LONG),
        closes(ok(&lines(1, 9000)) + "ok", HEAD_TOO_LONG),
        closes(ok(&lines(600, 1000)) + "ok", HEAD_TOO_LONG),
        closes(ok(&lines(101, 1)) + "ok", HEAD_TOO_LONG),
        Stranger {
            then: Then::Repeats("X-Line: x\r\n"),
            ..closes("HTTP/1.1 200 OK\r\n".to_owned(), HEAD_TOO_LONG)
        },
        // Lengths.
        closes(ok("Content-Length: 99\r\n") + "ok", LOST),
        closes(ok("Content-Length: -1\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: two\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: 2\r\nContent-Length: 3\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: 99999999999999999999999\r\n") + "ok", NOT_HTTP),
        // Bodies.
        closes(ok(&format!("Content-Length: {}\r\n", large.len())) + &large, TOO_LONG),
        closes(ok("") + &large, TOO_LONG),
        Stranger { then: Then::Repeats("x"), ..closes(ok(""), TOO_LONG) },
        Stranger {
            then: Then::Repeats("x"),
            ..closes(
                "HTTP/1.1 500 Oops\r\n\r\n".to_owned(),
                Fails("answered 500 Internal Server Error: xxx"),
            )
        },
        Stranger {
            reply: [ok("").as_bytes(), b"caf\xe9"].concat(),
            ..closes(String::new(), Fails("the reply is not UTF-8 text"))
        },
        Stranger {
            reply: b"HTTP/1.1 500 Oops\r\n\r\ncaf\xe9".to_vec(),
            ..closes(String::new(), Fails("answered 500 Internal Server Error: caf\u{fffd}"))
        },
        // What HTTP/1.0 does not have.
        Stranger {
            in_1_0: Some(Fails("it comes in pieces")),
            ..closes(ok("Transfer-Encoding: chunked\r\n") + "2\r\nok\r\n0\r\n\r\n", Replies("ok"))
        },
        Stranger {
            in_1_0: Some(Fails("it comes in pieces")),
            ..closes(
                ok("Transfer-Encoding: chunked\r\n") + "zwei\r\nok\r\n0\r\n\r\n",
                Fails("failed: "),
            )
        },
        Stranger {
            in_1_0: Some(Fails("it answers in several steps")),
            ..closes("HTTP/1.1 100 Continue\r\n\r\n".to_owned() + &ok("") + "ok", Replies("ok"))
        },
        Stranger {
            then: Then::Repeats("HTTP/1.1 100 Continue\r\n\r\n"),
            in_1_0: Some(Fails("it answers in several steps")),
            // The clients that block take it for a head that is too long, and reqwest
            // waits for its time-out.
            ..closes(String::new(), Fails("R1: "))
        },
        // No reply.
        closes(String::new(), LOST),
        closes("HTTP/1.1 200 OK\r\nContent-Le".to_owned(), LOST),
        closes("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(), NOT_HTTP),
        Stranger { then: Then::Stalls, ..closes(String::new(), TIMED_OUT) },
        Stranger { then: Then::Stalls, ..closes(ok("Content-Length: 9\r\n") + "ok", TIMED_OUT) },
        // Others.
        closes(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n".to_owned(),
            Fails("answered 302 Found"),
        ),
        closes("HTTP/1.1 500 Oops\r\n\r\n".to_owned() + evil, Fails(told)),
        closes("HTTP/1.1 404 Not Found\r\n\r\n".to_owned() + evil, Fails(told)),
        closes(
            "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"\\u001b]0;title\\u0007\"}".to_owned(),
            Fails("answered 400 Bad Request: "),
        ),
    ]
}

/// One that ends the connection when it has sent this.
fn closes(reply: String, wanted: Outcome) -> Stranger {
    Stranger { reply: reply.into_bytes(), then: Then::Closes, wanted, in_1_0: None }
}

/// So many lines of a head, each with so many letters.
fn lines(count: usize, length: usize) -> String {
    (0..count).map(|number| format!("X-{number}: {}\r\n", "x".repeat(length))).collect()
}

impl Stranger {
    /// Starts it, and gives its address without a route.
    pub(crate) fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (reply, then) = (self.reply.clone(), self.then);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let reply = reply.clone();
                thread::spawn(move || answer(stream, &reply, then));
            }
        });
        format!("http://{address}")
    }

    /// What it is, for whoever reads that a test has failed.
    pub(crate) fn name(&self) -> String {
        let begin = &self.reply[..self.reply.len().min(120)];
        format!("{:?}, then {:?}", String::from_utf8_lossy(begin), self.then)
    }
}

fn answer(mut stream: TcpStream, reply: &[u8], then: Then) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    let mut sent = stream.write_all(reply);
    match then {
        Then::Closes => {}
        Then::Stalls => drop(stream.read(&mut byte)),
        Then::Repeats(text) => {
            let many = text.repeat(1000);
            while sent.is_ok() {
                sent = stream.write_all(many.as_bytes());
            }
        }
    }
}
