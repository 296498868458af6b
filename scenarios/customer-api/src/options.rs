//! The command line, the same for every server.

use std::time::Duration;

use clap::{CommandFactory, Parser};
use database::Database;
use harness::args::{self, MOST_THREADS, at_least_one};

use crate::Server;
use crate::contents::{MOST_PURCHASES, PURCHASES};

/// More connections would be a slip: Postgres allows 100, unless it is told otherwise.
const MOST_CONNECTIONS: usize = 1_000;

/// More could not be told from any number.
const MOST_REPORTS: usize = 1_000_000;

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// Where to listen; localhost is IPv4 and IPv6, port 0 any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:8000")]
    #[arg(value_parser = args::host_and_port)]
    pub(crate) addr: String,

    /// Threads that requests are answered on, each with an event loop
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) threads: usize,

    /// Connections to the database; so many look-ups are made at once
    #[arg(long, value_name = "N", default_value = "4", value_parser = at_least_one(MOST_CONNECTIONS))]
    pub(crate) connections: usize,

    /// How many of them reports leave to quick look-ups; one is left to reports in any case
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) kept: usize,

    /// How many reports may be made or wait for a connection at once; more are refused
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST_REPORTS))]
    pub(crate) most_reports: Option<usize>,

    /// How long a look-up may wait for a connection before it is refused
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = args::timeout)]
    pub(crate) patience: Duration,

    /// How long the database may take over a statement before it ends it
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = args::timeout)]
    pub(crate) statement_timeout: Duration,

    /// How long requests may still take when the server is stopped
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = args::timeout)]
    pub(crate) grace: Duration,

    /// Purchases in a database that is filled; more make reports slower
    #[arg(long, value_name = "N", default_value_t = PURCHASES, value_parser = at_least_one(MOST_PURCHASES))]
    pub(crate) purchases: i64,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

fn after_help() -> String {
    let database = Database::help_with_mongodb("a file that the first run fills");
    format!("Ctrl-C lets requests finish; a second Ctrl-C does not.\n{database}")
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(server: Server) -> Self {
        let mut command = args::without_speed(Self::command().about(server.about()));
        let guess = ("guess", "a server runs until it is stopped");
        args::read_without(&mut command, &[guess])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }
}
