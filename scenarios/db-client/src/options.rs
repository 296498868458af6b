//! The command line, the same for every strategy.

use cities_db::generator::MOST_COPIES;
use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_THREADS, at_least_one};

use crate::{Database, PROGRAMS, Strategy};

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(after_help = Database::help("a file that the first run fills"))]
pub(crate) struct Options {
    /// How many times the default file holds every city; each number has a file of its own
    #[arg(long, value_name = "N", default_value = "400", value_parser = at_least_one(MOST_COPIES))]
    pub(crate) copies: u32,

    /// Threads of the pool
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) workers: usize,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let mut command = args::without_speed(Self::command().about(PROGRAMS.about(strategy)));
        let meaningless: &[_] = match strategy {
            Strategy::ThreadPool => &[],
            _ => &[("workers", "only db-thread-pool has a pool of threads")],
        };
        args::read_without(&mut command, meaningless)
    }
}
