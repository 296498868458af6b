//! The command line, the same for every strategy.

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::{Contents, Database, PROGRAMS, Strategy};

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(after_help = Database::help("a file that the first run fills"))]
pub(crate) struct Options {
    /// Rows of each table in the default file; each number has its own
    #[arg(long, value_name = "N", default_value_t = Contents::ROWS_IN_SQLITE, value_parser = Contents::parse_rows)]
    pub(crate) rows: usize,

    /// Threads of the pool (stats-thread-pool only)
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    pub(crate) workers: u32,

    /// Connections of the pool (stats-async only)
    #[arg(long, value_name = "N", default_value = "4", value_parser = at_least_one)]
    pub(crate) connections: u32,

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

fn at_least_one(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "a whole number from 1 up is wanted".to_owned())
}
