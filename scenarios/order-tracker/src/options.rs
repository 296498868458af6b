//! The command line of the tracker.

use std::time::Duration;

use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_THREADS, at_least_one};
use reqwest::Url;

/// More would be a slip: each order has some hundred bytes, and each watcher a socket.
const MOST: usize = 10_000_000;

/// A pong has up to 125 bytes, and more than a mebibyte is no message of a watcher.
const FRAMES: std::ops::RangeInclusive<usize> = 125..=1_048_576;

/// Couriers' positions, live to whoever watches an order
#[derive(Debug, Parser)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Where to listen; localhost is IPv4 and IPv6, port 0 any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:8000")]
    #[arg(value_parser = args::host_and_port)]
    pub(crate) addr: String,

    /// Threads that everything is done on, each with an event loop
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) threads: usize,

    /// A third party to ask for positions
    #[arg(long, value_name = "URL", value_parser = third_party)]
    pub(crate) poll: Option<Url>,

    /// How often to ask it
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = args::timeout)]
    pub(crate) poll_every: Duration,

    /// How many orders there may be at a time
    #[arg(long, value_name = "N", default_value = "100000", value_parser = at_least_one(MOST))]
    pub(crate) orders: usize,

    /// How many may watch one order, at this instance
    #[arg(long, value_name = "N", default_value = "1000", value_parser = at_least_one(MOST))]
    pub(crate) watchers: usize,

    /// How many may watch at this instance, whatever order; by default as many as the
    /// system lets it have sockets (ulimit -n), less some for those who deliver
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST))]
    pub(crate) sockets: Option<usize>,

    /// The longest frame that a watcher may send
    #[arg(long, value_name = "BYTES", default_value = "1024", value_parser = frame)]
    pub(crate) frame: usize,

    /// How long a watcher may be silent, or read nothing; it is pinged three times meanwhile
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = args::timeout)]
    pub(crate) idle: Duration,

    /// How long an order is there
    #[arg(long, value_name = "SECONDS", default_value = "14400", value_parser = args::timeout)]
    pub(crate) lifetime: Duration,

    /// How long watchers and requests may still take when the server is stopped
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = args::timeout)]
    pub(crate) grace: Duration,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

const AFTER_HELP: &str = "\
Ctrl-C closes every WebSocket and lets requests finish.
A second Ctrl-C does not wait for them.

DELIVERY_SECRET is what whoever delivers has to know.
It may be left out where only this machine can reach --addr.
REDIS_URL lets several instances share their orders: redis://localhost:6379.
Several addresses, separated by commas, are nodes of a Redis Cluster.";

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read() -> Self {
        let mut command = args::without_speed(Self::command());
        let guess = ("guess", "a server runs until it is stopped");
        args::read_without(&mut command, &[guess])
    }
}

fn frame(text: &str) -> Result<usize, String> {
    let frame = text.parse().ok().filter(|frame| FRAMES.contains(frame));
    let (least, most) = FRAMES.into_inner();
    frame.ok_or_else(|| format!("a whole number from {least} to {most} is wanted"))
}

fn third_party(text: &str) -> Result<Url, String> {
    let wanted = "an address such as http://localhost:9000/trips is wanted";
    let url = Url::parse(text).map_err(|error| format!("{error}; {wanted}"))?;
    let is_plain = url.scheme() == "http" && url.username().is_empty() && url.password().is_none();
    if is_plain { Ok(url) } else { Err(wanted.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }
}
