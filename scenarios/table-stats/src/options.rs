//! The command line, the same for every strategy.

use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_THREADS, at_least_one};

use crate::{Contents, Database, PROGRAMS, Strategy};

/// More connections would be a slip: Postgres allows 100, unless it is told otherwise.
const MOST_CONNECTIONS: u32 = 10_000;

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(after_help = Database::help("a file that the first run fills"))]
pub(crate) struct Options {
    /// Rows of each table in the default file; each number has its own
    #[arg(long, value_name = "N", default_value_t = Contents::ROWS_IN_SQLITE, value_parser = Contents::parse_rows)]
    pub(crate) rows: usize,

    /// Threads of the pool
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) workers: usize,

    /// Connections of the pool
    #[arg(long, value_name = "N", default_value = "4", value_parser = at_least_one(MOST_CONNECTIONS))]
    pub(crate) connections: u32,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let mut command = args::without_speed(Self::command().about(PROGRAMS.about(strategy)));
        let workers = ("workers", "only stats-thread-pool has a pool of threads");
        let connections = ("connections", "only stats-async has a pool of connections");
        let meaningless: &[_] = match strategy {
            Strategy::ThreadPool => &[connections],
            Strategy::Async => &[workers],
            _ => &[workers, connections],
        };
        args::read_without(&mut command, meaningless)
    }
}
