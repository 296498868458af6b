//! Fills a database with copies of all municipalities: all of the new ones, or none.
//!
//! Everything happens in one transaction, so that whatever ends a generator
//! early (Ctrl-C, kill -9, a full disk) leaves the database as it was.
//!
//! ```no_run
//! # fn main() -> Result<(), cities_db::Error> {
//! use cities_db::{Database, generator};
//!
//! generator::fill_if_missing(&Database::embedded("cities-400"), 400)?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};
use std::thread;
use std::time::{Duration, Instant};

pub use bar::Bar;

mod bar;
mod postgres;
mod sqlite;

use crate::municipalities::{MUNICIPALITIES, municipalities};
use crate::{Database, Error, Trouble};
use postgres::Postgres;
use sqlite::Sqlite;

/// More copies than this have no room in a Postgres `integer` key.
pub const MOST_COPIES: u32 = i32::MAX as u32 / MUNICIPALITIES;

/// How long to wait for another program that writes to the same tables.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(50);

/// What a generator is to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// How many times to add every municipality: at most [`MOST_COPIES`].
    pub copies: u32,
    /// What to do about cities that are there already.
    pub start: Start,
    /// How long to wait for another program that writes to the same tables,
    /// before that is an error ([`Trouble::Locked`]).
    pub patience: Duration,
}

/// What to do about cities that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Keep them, and add to them.
    Add,
    /// Remove both tables, and begin with new ones.
    Over,
    /// Leave everything as it is.
    Missing,
}

impl Order {
    /// To fill a database with this many copies; waits a minute for others.
    pub fn new(copies: u32, start: Start) -> Self {
        Self { copies, start, patience: PATIENCE }
    }

    /// How many cities that adds.
    pub fn cities(&self) -> u64 {
        u64::from(self.copies) * u64::from(MUNICIPALITIES)
    }
}

/// What a generator is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for another program that writes to the same tables.
    Waiting,
    /// So many cities have been added.
    Added(u64),
    /// All have been added; the rest may take a while.
    Finishing,
}

/// How a generator ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It added the copies, and now there are so many cities.
    Filled(u64),
    /// There were cities already, and it was to leave them alone.
    Left,
    /// It was told to stop, and the database is as it was.
    Stopped,
}

/// Fills the database, and tells `watch` how it goes. It stops when `watch` breaks.
///
/// An SQLite file that is not there is created, and so are the tables.
/// On any error the database is as it was. Not for the thread of an event loop.
pub fn fill(
    database: &Database,
    order: &Order,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, Error> {
    let filled = match database {
        Database::Sqlite(path) => Sqlite::open(path)
            .map_err(Halt::Failed)
            .and_then(|mut store| fill_store(&mut store, order, &mut watch)),
        Database::Postgres(address) => Postgres::open(address)
            .map_err(Halt::Failed)
            .and_then(|mut store| fill_store(&mut store, order, &mut watch)),
    };
    match filled {
        Ok(outcome) => Ok(outcome),
        Err(Halt::Told) => Ok(Outcome::Stopped),
        Err(Halt::Failed(error)) => Err(error.at(database)),
    }
}

/// Fills the database with so many copies unless there are cities in it, with a
/// note and a progress bar on stderr. Of several that try at once, one fills it
/// and the others wait.
///
/// On any error the database is as it was.
pub fn fill_if_missing(database: &Database, copies: u32) -> Result<(), Error> {
    let order = Order::new(copies, Start::Missing);
    let mut bar = None;
    fill(database, &order, |progress| {
        let bar = bar.get_or_insert_with(|| {
            harness::note(&format!("filling {database} with {} cities, this once", order.cities()));
            Bar::new(&order)
        });
        bar.show(progress);
        Continue(())
    })?;
    Ok(())
}

/// Why there is no outcome.
enum Halt {
    /// It was told to stop.
    Told,
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A connection to either kind of database. Dropped before it has committed,
/// it leaves the database as it was.
trait Store {
    /// How many copies to add at a time. Few enough that progress is seen and a
    /// signal is heard soon; so many that the time between them does not count.
    const STEP: u32;

    /// Begins a transaction, and sees to it that this is the only generator.
    /// Gives false if there is another.
    fn begin(&mut self) -> Result<bool, Error>;
    /// Whether there is a city.
    fn has_cities(&mut self) -> Result<bool, Error>;
    fn drop_tables(&mut self) -> Result<(), Error>;
    /// Creates what is missing, the states included.
    fn create_tables(&mut self) -> Result<(), Error>;
    /// The key of each state, by its two-letter code.
    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error>;
    /// Takes the rows that make one copy: name and key of the state.
    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error>;
    fn add(&mut self, copies: u32) -> Result<(), Error>;
    /// Does what is best done when all rows are there, and counts them.
    fn finish(&mut self) -> Result<u64, Error>;
    /// Ends the transaction. Gives false if another program is in the way.
    fn commit(&mut self) -> Result<bool, Error>;
}

fn fill_store<S: Store>(
    store: &mut S,
    order: &Order,
    watch: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, Halt> {
    let mut tell = |progress| match watch(progress) {
        Continue(()) => Ok(()),
        Break(()) => Err(Halt::Told),
    };
    // The usual case, and it needs no right to write.
    if order.start == Start::Missing && store.has_cities().unwrap_or(false) {
        return Ok(Outcome::Left);
    }
    wait(order, &mut tell, || store.begin())?;
    match order.start {
        Start::Missing if store.has_cities()? => return Ok(Outcome::Left),
        Start::Over => store.drop_tables()?,
        Start::Missing | Start::Add => {}
    }
    tell(Progress::Added(0))?;
    store.create_tables()?;
    let states = store.states()?;
    store.take_rows(&rows(&states)?)?;
    let mut added = 0;
    while added < order.copies {
        let step = S::STEP.min(order.copies - added);
        store.add(step)?;
        added += step;
        tell(Progress::Added(u64::from(added) * u64::from(MUNICIPALITIES)))?;
    }
    tell(Progress::Finishing)?;
    let cities = store.finish()?;
    wait(order, &mut tell, || store.commit())?;
    Ok(Outcome::Filled(cities))
}

/// Tries until nobody is in the way.
fn wait(
    order: &Order,
    tell: &mut impl FnMut(Progress) -> Result<(), Halt>,
    mut attempt: impl FnMut() -> Result<bool, Error>,
) -> Result<(), Halt> {
    let start = Instant::now();
    while !attempt()? {
        if start.elapsed() >= order.patience {
            return Err(Error::from(Trouble::Locked).into());
        }
        tell(Progress::Waiting)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// The rows of one copy. The states may be there from elsewhere, with other keys.
fn rows(states: &BTreeMap<String, i32>) -> Result<Vec<(&'static str, i32)>, Error> {
    let row = |city: crate::Municipality| match states.get(city.state) {
        Some(id) => Ok((city.name, *id)),
        None => Err(Trouble::Other(format!("its table states lacks '{}'", city.state)).into()),
    };
    municipalities().map(row).collect()
}
