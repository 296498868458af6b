//! How a server may behave badly, and what every HTTP client is to make of it.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{Ran, Stranger, stranger};

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// It is done, with this text.
    Replies(&'static str),
    /// It fails, with this in its cause.
    Fails(&'static str),
}
use Outcome::{Fails, Replies};

impl Outcome {
    /// This is what became of the one request of a requester of this name.
    ///
    /// # Panics
    ///
    /// When it is not; `what` tells whose fault it is.
    #[track_caller]
    pub fn assert_came(self, ran: &Ran, requester: &str, what: &str) {
        let Ran { code, stdout, stderr, .. } = ran;
        match self {
            Replies(text) => {
                let done = "Request is finally done! Server replied";
                let wanted = format!("{requester}: {done} '{text}'\n");
                assert!(stdout.contains(&wanted), "{what}: {stdout}{stderr}");
                assert_eq!(*code, Some(0), "{what}");
            }
            Fails(cause) => {
                let error = stderr.lines().next().unwrap_or_default();
                let begins = error.starts_with(&format!("error: {requester}: "));
                assert!(begins && error.contains(cause), "{what}: {stderr}");
                assert_eq!((stderr.lines().count(), *code), (2, Some(1)), "{what}: {stderr}");
            }
        }
    }
}

/// A server that sends the same to everybody.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// What it sends.
    pub reply: Vec<u8>,
    /// What it does then.
    pub then: Then,
    /// What a client is to make of it.
    pub wanted: Outcome,
    /// Where a client that speaks HTTP/1.0 alone makes something else of it.
    pub in_1_0: Option<Outcome>,
}

/// What comes after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
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

/// All of them; the first is a good one.
pub fn behaviours() -> Vec<Behaviour> {
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
        Behaviour {
            then: Then::Repeats("X-Line: x\r\n"),
            ..closes("HTTP/1.1 200 OK\r\n".to_owned(), HEAD_TOO_LONG)
        },
        // Lengths.
        closes(ok("Content-Length: 99\r\n") + "ok", LOST),
        closes(ok("Content-Length: -1\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: two\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: 2\r\nContent-Length: 3\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: 99999999999999999999999\r\n") + "ok", NOT_HTTP),
        closes(ok("Content-Length: 18446744073709551615\r\n") + "ok", TOO_LONG),
        // Bodies.
        closes(ok(&format!("Content-Length: {}\r\n", large.len())) + &large, TOO_LONG),
        closes(ok("") + &large, TOO_LONG),
        Behaviour { then: Then::Repeats("x"), ..closes(ok(""), TOO_LONG) },
        Behaviour {
            then: Then::Repeats("x"),
            ..closes(
                "HTTP/1.1 500 Oops\r\n\r\n".to_owned(),
                Fails("answered 500 Internal Server Error: xxx"),
            )
        },
        Behaviour {
            reply: [ok("").as_bytes(), b"caf\xe9"].concat(),
            ..closes(String::new(), Fails("the reply is not UTF-8 text"))
        },
        Behaviour {
            reply: b"HTTP/1.1 500 Oops\r\n\r\ncaf\xe9".to_vec(),
            ..closes(String::new(), Fails("answered 500 Internal Server Error: caf\u{fffd}"))
        },
        // What HTTP/1.0 does not have.
        Behaviour {
            in_1_0: Some(Fails("it comes in pieces")),
            ..closes(ok("Transfer-Encoding: chunked\r\n") + "2\r\nok\r\n0\r\n\r\n", Replies("ok"))
        },
        Behaviour {
            in_1_0: Some(Fails("it comes in pieces")),
            ..closes(
                ok("Transfer-Encoding: chunked\r\n") + "zwei\r\nok\r\n0\r\n\r\n",
                Fails("failed: "),
            )
        },
        Behaviour {
            in_1_0: Some(Fails("it answers in several steps")),
            ..closes("HTTP/1.1 100 Continue\r\n\r\n".to_owned() + &ok("") + "ok", Replies("ok"))
        },
        Behaviour {
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
        Behaviour { then: Then::Stalls, ..closes(String::new(), TIMED_OUT) },
        Behaviour { then: Then::Stalls, ..closes(ok("Content-Length: 9\r\n") + "ok", TIMED_OUT) },
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
fn closes(reply: String, wanted: Outcome) -> Behaviour {
    Behaviour { reply: reply.into_bytes(), then: Then::Closes, wanted, in_1_0: None }
}

/// So many lines of a head, each with so many letters.
fn lines(count: usize, length: usize) -> String {
    (0..count).map(|number| format!("X-{number}: {}\r\n", "x".repeat(length))).collect()
}

impl Behaviour {
    /// Starts a server that does so.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn start(&self) -> Stranger {
        let (reply, then) = (self.reply.clone(), self.then);
        stranger(move |stream, _, _| answer(stream, &reply, then))
    }

    /// For `--timeout`, in seconds: one that is met only where nothing else ends it.
    pub fn timeout(&self) -> &'static str {
        let endless = self.then == Then::Stalls || self.reply.is_empty();
        if endless && self.then != Then::Closes { "0.3" } else { "60" }
    }

    /// What it is, for whoever reads that a test has failed.
    pub fn name(&self) -> String {
        let begin = &self.reply[..self.reply.len().min(120)];
        format!("{:?}, then {:?}", String::from_utf8_lossy(begin), self.then)
    }
}

fn answer(stream: &mut TcpStream, reply: &[u8], then: Then) {
    let mut sent = stream.write_all(reply);
    match then {
        Then::Closes => {}
        // Until the client has gone.
        Then::Stalls => drop(stream.read(&mut [0])),
        Then::Repeats(text) => {
            let many = text.repeat(1000);
            while sent.is_ok() {
                sent = stream.write_all(many.as_bytes());
            }
        }
    }
}
