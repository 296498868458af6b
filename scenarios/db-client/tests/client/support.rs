//! Running the programs, on databases full of cities.

use std::ops::ControlFlow::Continue;
use std::process::Command;

use cities_db::generator::{Order, Start};
use database::generator::fill;
use database_test::Place;
use db_client::Strategy;
use program_test::Ran;

/// The cities as they were exported, a line each: name and state.
const CITIES: &str = include_str!("../../../../crates/cities-db/data/municipalities.csv");

/// What each requester said the database replied, in the order in which they said it.
pub(crate) fn replies(ran: &Ran) -> Vec<(String, usize)> {
    ran.stdout.lines().filter_map(reply).collect()
}

/// The requester and its number of rows, if that is what the line says.
fn reply(line: &str) -> Option<(String, usize)> {
    let (requester, rest) = line.split_once(": Query made! Db replied '")?;
    let rows = rest.strip_suffix("' rows").expect("the line ends with rows");
    Some((requester.to_owned(), rows.parse().expect("a whole number")))
}

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_db-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_db-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_db-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_db-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_db-thread-pool"),
    }
}

/// The program, told to use this database.
pub(crate) fn command(strategy: Strategy, url: &str, args: &[&str]) -> Command {
    let mut command = program_test::command(program(strategy), args);
    command.env("DATABASE_URL", url);
    command
}

pub(crate) fn run(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    program_test::run(&mut command(strategy, url, args))
}

/// Each city's name and the two letters of its state.
pub(crate) fn cities() -> impl Iterator<Item = (&'static str, &'static str)> {
    let head = "name,state";
    CITIES.lines().filter(move |line| *line != head).map(|line| {
        let (name, state) = line.rsplit_once(',').expect("two columns");
        (name, state)
    })
}

/// The database with every city so many times.
pub(crate) fn filled(place: Place, copies: u32) -> Place {
    let order = Order::new(copies, Start::Add);
    fill(&place.database(), &order, |_| Continue(())).expect("it can be written");
    place
}
