//! The command line, the same for every strategy.

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::{Database, PROGRAMS, Strategy};

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(after_help = Database::help("a file that the first run fills"))]
pub(crate) struct Options {
    /// How many times the default file holds every city; each number has a file of its own
    #[arg(long, value_name = "N", default_value = "400", value_parser = at_least_one::<u32>)]
    pub(crate) copies: u32,

    /// Threads of the pool (db-thread-pool only)
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one::<usize>)]
    pub(crate) workers: usize,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let command = Self::command()
            .about(PROGRAMS.about(strategy))
            // Accepted, as everywhere, but there is no delay to be made shorter.
            .mut_arg("speed", |speed| speed.hide(true));
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }
}

fn at_least_one<N: std::str::FromStr + Default + PartialEq>(text: &str) -> Result<N, String> {
    text.parse()
        .ok()
        .filter(|number| *number != N::default())
        .ok_or_else(|| "a whole number from 1 up is wanted".to_owned())
}
