//! Fills a database with copies of all municipalities.
//!
//! ```no_run
//! # fn main() -> Result<(), database::Error> {
//! use cities_db::generator::{Order, Start};
//! use database::Database;
//! use database::generator::fill_if_missing;
//!
//! fill_if_missing(&Database::embedded("cities-400"), &Order::new(400, Start::Add))?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt;

use database::blocking::{Connection, Driver};
use database::generator::{Filling, Progress, Watch};
use database::{Error, Trouble};
use indicatif::HumanCount;

mod postgres;
mod sqlite;

use crate::municipalities::{MUNICIPALITIES, Municipality, municipalities};
use crate::schema;
use postgres::Postgres;
use sqlite::Sqlite;

/// More copies than this have no room in a Postgres `integer` key.
pub const MOST_COPIES: u32 = i32::MAX as u32 / MUNICIPALITIES;

/// What a generator is to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// How many times to add every municipality: at most [`MOST_COPIES`].
    pub copies: u32,
    /// What to do about cities that are there already.
    pub start: Start,
}

/// What to do about cities that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Keep them, and add to them.
    Add,
    /// Remove both tables, and begin with new ones.
    Over,
}

impl Order {
    /// To fill a database with this many copies.
    pub fn new(copies: u32, start: Start) -> Self {
        Self { copies, start }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cities", HumanCount(self.all_rows()))
    }
}

impl Filling for Order {
    const ROWS: &'static str = "cities";
    const LOCK: &'static str = "cities-db";

    fn all_rows(&self) -> u64 {
        u64::from(self.copies) * u64::from(MUNICIPALITIES)
    }

    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error> {
        let first = "SELECT count(*) FROM (SELECT 1 FROM cities LIMIT 1) AS first";
        Ok(has_table(connection)? && connection.integer(first)? == Some(1))
    }

    fn write(&self, connection: &mut Connection, watch: &mut Watch<'_>) -> Result<u64, Error> {
        if self.start == Start::Over {
            connection.execute(schema::DROP)?;
        }
        let is_new = !has_table(connection)?;
        match &mut connection.driver {
            Driver::Sqlite(file) => write_copies(Sqlite::new(file), self.copies, watch)?,
            Driver::Postgres(client) => {
                write_copies(Postgres::new(client, is_new), self.copies, watch)?;
            }
            _ => return Err(Trouble::NoSql.into()),
        }
        let count = connection.integer("SELECT count(*) FROM cities")?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }
}

fn has_table(connection: &mut Connection) -> Result<bool, Error> {
    let count = match connection.driver {
        Driver::Sqlite(_) => "SELECT count(*) FROM sqlite_schema WHERE name = 'cities'",
        _ => "SELECT count(to_regclass('cities'))",
    };
    Ok(connection.integer(count)? == Some(1))
}

/// What either kind of database does in its own way.
trait Store {
    /// How many copies to add at a time. Few enough that progress is seen and a
    /// signal is heard soon; so many that the time between them does not count.
    const STEP: u32;

    /// Creates what is missing, the states included.
    fn create_tables(&mut self) -> Result<(), Error>;
    /// The key of each state, by its two-letter code.
    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error>;
    /// Takes the rows that make one copy: name and key of the state.
    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error>;
    fn add(&mut self, copies: u32) -> Result<(), Error>;
    /// Does what is best done when all rows are there.
    fn finish(&mut self) -> Result<(), Error>;
}

fn write_copies<S: Store>(mut store: S, copies: u32, watch: &mut Watch<'_>) -> Result<(), Error> {
    store.create_tables()?;
    let states = store.states()?;
    store.take_rows(&rows(&states)?)?;
    let mut added = 0;
    while added < copies {
        let step = S::STEP.min(copies - added);
        store.add(step)?;
        added += step;
        watch.tell(Progress::Added(u64::from(added) * u64::from(MUNICIPALITIES)))?;
    }
    watch.tell(Progress::Finishing)?;
    store.finish()
}

/// The rows of one copy. The states may be there from elsewhere, with other keys.
fn rows(states: &BTreeMap<String, i32>) -> Result<Vec<(&'static str, i32)>, Error> {
    let row = |city: Municipality| match states.get(city.state) {
        Some(id) => Ok((city.name, *id)),
        None => Err(Trouble::Other(format!("its table states lacks '{}'", city.state)).into()),
    };
    municipalities().map(row).collect()
}
