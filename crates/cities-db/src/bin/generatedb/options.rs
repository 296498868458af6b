//! The command line.

use cities_db::generator::MOST_COPIES;
use clap::{CommandFactory, Parser};
use database::Database;
use harness::args;

/// Fill a database with the cities of Brazil, many times over.
#[derive(Debug, Parser)]
#[command(version, after_help = Database::help("the file cities.sqlite in cargo's target folder"))]
pub(crate) struct Options {
    /// Add every city N times [default: 400 on SQLite, 1000 on Postgres]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_COPIES)))]
    copies: Option<u32>,

    /// Remove what is there, and start over
    #[arg(long)]
    pub(crate) reset: bool,

    /// Do not ask before removing
    #[arg(long, requires = "reset")]
    pub(crate) yes: bool,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read() -> Self {
        args::read(&mut Self::command())
    }

    /// How many copies this database is to get.
    pub(crate) fn copies_for(&self, database: &Database) -> u32 {
        self.copies.unwrap_or(match database {
            Database::Sqlite(_) => 400,
            _ => 1_000,
        })
    }
}
