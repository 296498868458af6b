//! Running the programs, on databases with tables.

use std::process::Command;

use database_test::Place;
use program_test::{Program, Ran};
use table_stats::{Contents, Strategy, Table, fill, values};

/// The lines of the requesters, as they came.
pub(crate) fn said(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().filter(|line| line.contains("-> The ")).collect()
}

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_stats-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_stats-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_stats-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_stats-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_stats-thread-pool"),
    }
}

pub(crate) const GENERATOR: &str = env!("CARGO_BIN_EXE_generate-tables");

/// The program, to be run on the database with this URL.
fn command(program: &str, url: &str, args: &[&str]) -> Command {
    let mut command = program_test::command(program, args);
    command.env("DATABASE_URL", url);
    command
}

pub(crate) fn start(program: &str, url: &str, args: &[&str]) -> Program {
    Program::start(&mut command(program, url, args))
}

pub(crate) fn run(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    start(program(strategy), url, args).end()
}

pub(crate) fn generate(url: &str, args: &[&str]) -> Ran {
    start(GENERATOR, url, args).end()
}

/// The database with tables of so many rows.
pub(crate) fn filled(place: Place, contents: Contents) -> Place {
    fill(&place.database(), contents).expect("they can be filled");
    place
}

/// The sum of each table, without a database.
fn sums(contents: Contents) -> [u64; 4] {
    let sum = |table| values(contents.seed, table).take(contents.rows).map(u64::from).sum();
    Table::ALL.map(sum)
}

/// The eight lines that any strategy says, table by table, on SQLite: its
/// averages are floating-point numbers of 15 digits.
pub(crate) fn told_by_sqlite(contents: Contents) -> Vec<String> {
    let average = |sum: u64| {
        let digits = format!("{:.14}", sum as f64 / contents.rows as f64);
        let short = digits.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    };
    told(contents, average)
}

/// The same on Postgres: its averages are decimal numbers with 16 places.
pub(crate) fn told_by_postgres(contents: Contents) -> Vec<String> {
    const PLACES: u128 = 10_u128.pow(16);
    let average = |sum: u64| {
        let (sum, rows) = (u128::from(sum), contents.rows as u128);
        let rounded = (2 * sum * PLACES + rows) / (2 * rows);
        format!("{}.{:016}", rounded / PLACES, rounded % PLACES)
    };
    told(contents, average)
}

fn told(contents: Contents, average: impl Fn(u64) -> String) -> Vec<String> {
    let names = ["first_table", "second_table", "third_table", "fourth_table"];
    let tables = names.into_iter().zip(sums(contents)).zip(1..);
    tables
        .flat_map(|((name, sum), number)| {
            let average = average(sum);
            [
                format!("avg {number}: ----> The Average for the table '{name}', is: {average}"),
                format!("sum {number}: --> The Sum for the table '{name}', is: {sum}"),
            ]
        })
        .collect()
}
