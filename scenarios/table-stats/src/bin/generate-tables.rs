//! Fills the four tables with random digits, and replaces what they held.
//!
//! `cargo run --bin generate-tables`

use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory, Parser};
use database::generator::Interrupt;
use harness::args;
use indicatif::HumanCount;
use table_stats::{Contents, Database, Failure, default_file, fill_unless};

/// Fill four tables with random digits, and replace what they held
#[derive(Debug, Parser)]
#[command(version, after_help = Database::help("the file of so many rows that the stats programs use"))]
struct Options {
    /// Rows of each table [default: 1000000 in SQLite, 5000000 in Postgres]
    #[arg(long, value_name = "N", value_parser = Contents::parse_rows)]
    rows: Option<usize>,

    /// Where the random digits begin: the same seed, the same digits
    #[arg(long, value_name = "N", default_value_t = Contents::SEED, value_parser = seed)]
    seed: u64,
}

fn main() -> ExitCode {
    let options: Options = args::read(&mut Options::command());
    let interrupt = Interrupt::listen();
    match generate(&options, &interrupt) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            harness::Failure::from(failure).print();
            if interrupt.came() { interrupt.exit_code() } else { ExitCode::FAILURE }
        }
    }
}

fn generate(options: &Options, interrupt: &Interrupt) -> Result<(), Failure> {
    let database = Database::from_env()?
        .unwrap_or_else(|| default_file(options.rows.unwrap_or(Contents::ROWS_IN_SQLITE)));
    let usual_rows = match database {
        Database::Sqlite(_) => Contents::ROWS_IN_SQLITE,
        _ => Contents::ROWS_IN_POSTGRES,
    };
    let contents = Contents { rows: options.rows.unwrap_or(usual_rows), seed: options.seed };

    let begun = Instant::now();
    let rows = fill_unless(&database, contents, || interrupt.came())?;
    let seconds = begun.elapsed().as_secs_f64();
    let rate = HumanCount((rows as f64 / seconds) as u64);
    let line = format!("{database} holds {contents}: {seconds:.1} s, {rate} rows per second");
    Ok(harness::print(&line)?)
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a whole number from 0 to 18446744073709551615 is wanted".to_owned())
}
