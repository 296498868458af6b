//! Fills a database with the cities of Brazil, many times over.
//!
//! `cargo run --release -p cities-db --bin generatedb`

mod options;

use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::ControlFlow::{Break, Continue};
use std::process::ExitCode;

use cities_db::generator::{Order, Start};
use database::generator::{Bar, Interrupt, fill};
use database::{Database, Error, Trouble};
use harness::Failure;
use indicatif::HumanCount;

use options::Options;

fn main() -> ExitCode {
    let options = Options::read();
    run(&options).unwrap_or_else(|failure| {
        failure.print();
        ExitCode::FAILURE
    })
}

fn run(options: &Options) -> Result<ExitCode, Failure> {
    let given = Database::from_env().map_err(|error| failed(&error))?;
    let is_given = given.is_some();
    let database = given.unwrap_or_else(|| Database::embedded("cities"));
    if options.reset && !options.yes && !confirmed(&database)? {
        harness::note("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let start = if options.reset { Start::Over } else { Start::Add };
    let order = Order::new(options.copies_for(&database), start);
    let interrupt = Interrupt::listen();
    let mut bar = Bar::new(&order);
    let filled = fill(&database, &order, |progress| {
        bar.show(progress);
        if interrupt.came() { Break(()) } else { Continue(()) }
    });
    drop(bar);
    let cities = match filled {
        Err(error) if error.trouble == Trouble::Interrupted => {
            failed(&error).print();
            return Ok(interrupt.exit_code());
        }
        filled => filled.map_err(|error| failed(&error))?,
    };
    harness::print(&format!("{} cities in {database}", HumanCount(cities)))?;
    if !is_given {
        harness::note(&format!("to use it, set DATABASE_URL={database}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks before anything is removed.
fn confirmed(database: &Database) -> Result<bool, Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new(
            format!("--reset removes all cities from {database}, and nobody is there to be asked"),
            "add --yes if that is what you want",
        ));
    }
    let mut answer = String::new();
    write!(io::stderr(), "Remove all cities from {database} first? [y/N] ")
        .and_then(|()| io::stdin().lock().read_line(&mut answer))
        .map_err(|error| Failure::new(format!("no answer: {error}"), "add --yes"))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn failed(error: &Error) -> Failure {
    Failure::new(error.to_string(), cities_db::hint(error))
}
