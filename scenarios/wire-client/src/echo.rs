//! What `wire-echo` and `wire-echo-poll` do: who sends how many bytes, and gets them back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use clap::{CommandFactory, Parser};
use harness::args::{self, at_least_one};
use tokio::net::TcpListener;
use tracing::{Span, info_span};

use crate::words;

/// What is sent and what has come back are both kept, for every connection.
const MOST_BYTES: usize = 10_000_000;

/// More would not fit a terminal.
const MOST_CONNECTIONS: usize = 50;

/// What a user can choose.
#[derive(Debug, Parser)]
struct Options {
    /// Requesters, each with a connection of its own
    #[arg(long, value_name = "C", default_value = "3", value_parser = at_least_one(MOST_CONNECTIONS))]
    connections: usize,

    /// How many bytes each of them sends, and wants back
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

/// What one requester sends.
pub struct Request<'a> {
    name: String,
    /// All of it.
    pub text: &'a [u8],
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
        let command = Options::command().name(program).about(about);
        let options: Options = args::read(&mut args::without_speed(command));
        // Letters in an order that does not fit into any buffer: one that is sent twice
        // or left out is seen.
        let text = (0..options.bytes).map(|place| b'a' + (place % 23) as u8).collect();
        Self { program, options, text }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start(self.program, self.options.connections, &self.options.shared)
    }

    /// A socket for whoever echoes, and where it is.
    pub async fn listen(&self) -> Result<(TcpListener, SocketAddr), Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    /// Who sends what.
    pub fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        (1..=self.options.connections)
            .map(|number| Request { name: format!("R{number}"), text: &self.text })
    }
}

impl Request<'_> {
    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.told())
    }

    /// How much it sends, in words.
    pub fn told(&self) -> String {
        match self.text.len() {
            1 => "1 byte".to_owned(),
            many => format!("{} bytes", words::thousands(many as u64)),
        }
    }

    /// Takes what came back; the request is done if it is what was sent.
    pub fn accept(&self, echo: &[u8]) -> Result<(), Failure> {
        if echo != self.text {
            let cause = format!(
                "of {} bytes, {} came back, and not the same ones",
                self.text.len(),
                echo.len()
            );
            let hint = "look at what the echo keeps between two polls";
            return Err(harness::Failure::new(cause, hint).into());
        }
        harness::done();
        Ok(())
    }
}
