//! What `wire-echo` and `wire-echo-poll` do: who sends how many bytes, and gets them back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use clap::error::ErrorKind;
use clap::{Arg, CommandFactory, Parser};
use harness::args::{self, at_least_one};
use harness::numbers::thousands;
use tokio::net::TcpListener;
use tracing::{Span, info_span};

use crate::Load;

/// What is sent and what has come back are both kept, for every connection.
const MOST_BYTES: usize = 10_000_000;

/// Enough to see that they take turns.
const USUAL_CONNECTIONS: usize = 3;

/// More would not fit a terminal.
const MOST_CONNECTIONS: usize = 50;

/// What a user can choose.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    load: Load,

    /// How many bytes each text has
    #[arg(long, value_name = "B", default_value = "1000000", value_parser = at_least_one(MOST_BYTES))]
    bytes: usize,

    #[command(flatten)]
    shared: harness::Options,
}

/// What one run is to do.
pub struct Plan {
    program: &'static str,
    options: Options,
    text: Vec<u8>,
}

/// What one requester sends: the same text a few times, and each time it wants it back.
pub struct Request<'a> {
    name: String,
    text: &'a [u8],
    count: usize,
    left: usize,
}

/// Why a requester has no echo.
#[derive(Debug)]
pub struct Failure(harness::Failure);

harness::failure_wrapper!(Failure);

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let cause = format!("the connection to the echo failed: {error}");
        harness::Failure::new(cause, "run it again with fewer --connections").into()
    }
}

impl Plan {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub fn from_args(program: &'static str, about: &'static str) -> Self {
        let mut command = args::without_speed(Options::command().name(program).about(about));
        let texts = "Send this many texts, all requesters together [default: one of each]";
        let connections = "Requesters, each with a connection of its own [default: 3]";
        command = command
            .mut_arg("commands", |arg| without_default(arg).help(texts))
            .mut_arg("connections", |arg| few(without_default(arg)).help(connections))
            .mut_arg("in_flight", |arg| few(arg).help("The same as --connections"));
        let mut options: Options = args::read(&mut command);
        match options.load.clone().with_own_connections(USUAL_CONNECTIONS) {
            Ok(load) => options.load = load,
            Err(why) => args::refuse(&command.error(ErrorKind::ValueValidation, why)),
        }
        options.load.check(&mut command);
        // Letters in an order that does not fit into any buffer: one that is sent twice
        // or left out is seen.
        let text = (0..options.bytes).map(|place| b'a' + (place % 23) as u8).collect();
        Self { program, options, text }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start(self.program, self.options.load.in_flight(), &self.options.shared)
    }

    /// A socket for whoever echoes, and where it is.
    pub async fn listen(&self) -> Result<(TcpListener, SocketAddr), Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    /// Who sends what.
    pub fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        self.options.load.shares().zip(1..).map(|(count, number)| {
            let name = format!("R{number}");
            Request { name, text: &self.text, count, left: count }
        })
    }
}

fn without_default(arg: Arg) -> Arg {
    arg.default_value(None::<&str>)
}

fn few(arg: Arg) -> Arg {
    arg.value_parser(at_least_one(MOST_CONNECTIONS))
}

impl<'a> Request<'a> {
    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.told())
    }

    /// How much it sends, in words.
    pub fn told(&self) -> String {
        let text = match self.text.len() {
            1 => "1 byte".to_owned(),
            many => format!("{} bytes", thousands(many as u64)),
        };
        match self.count {
            1 => text,
            count => format!("{text} {} times", thousands(count as u64)),
        }
    }

    /// What is to be sent next; none if all has come back.
    pub fn text(&self) -> Option<&'a [u8]> {
        (self.left > 0).then_some(self.text)
    }

    /// Takes what came back, if it is what was sent.
    pub fn accept(&mut self, echo: &[u8]) -> Result<(), Failure> {
        if echo != self.text {
            let cause = format!(
                "of {} bytes, {} came back, and not the same ones",
                self.text.len(),
                echo.len()
            );
            let hint = "look at what the echo keeps between two polls";
            return Err(harness::Failure::new(cause, hint).into());
        }
        self.left -= 1;
        Ok(())
    }

    /// Takes how many bytes came after the last of it; the requester is done if that is none.
    pub fn end(self, more: usize) -> Result<(), Failure> {
        if more > 0 {
            let hint = "look at what the echo keeps between two polls";
            return Err(harness::Failure::new("more came back than was sent", hint).into());
        }
        harness::done();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_what_was_sent_and_no_more() {
        let request = || Request { name: "R1".to_owned(), text: b"abc", count: 2, left: 2 };
        let mut patient = request();
        assert_eq!(patient.told(), "3 bytes 2 times");
        for _ in 0..2 {
            assert_eq!(patient.text(), Some(&b"abc"[..]));
            assert!(patient.accept(b"abc").is_ok());
        }
        assert_eq!(patient.text(), None);
        assert!(patient.end(1).is_err());
        assert!(request().accept(b"ab").is_err() && request().accept(b"abb").is_err());
    }
}
