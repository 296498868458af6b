//! Fills the four tables: all of them or none, whatever happens meanwhile.

use std::fmt;
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use database::blocking::{Client, Connection, Driver};
use database::generator::{self, Bar, Copy, Filling, Progress, Watch};
use database::{Database, Error, Trouble};
use indicatif::HumanCount;
use rusqlite::params_from_iter;

use crate::{Table, values};

/// What the tables are to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Rows of each table.
    pub rows: usize,
    /// What the random values are made from.
    pub seed: u64,
}

impl Contents {
    /// Rows of each table in SQLite, unless a number is asked for: as many as
    /// somebody who has just arrived likes to wait for.
    pub const ROWS_IN_SQLITE: usize = 1_000_000;

    /// The same in Postgres, which one fills on purpose: enough for queries
    /// that take a while.
    pub const ROWS_IN_POSTGRES: usize = 5_000_000;

    /// The seed, unless another is asked for.
    pub const SEED: u64 = 1;

    /// More would be a mistake: it takes 36 GB per table in Postgres.
    const MOST_ROWS: usize = 1_000_000_000;

    /// Reads a number of rows from the command line.
    pub fn parse_rows(text: &str) -> Result<usize, String> {
        text.parse()
            .ok()
            .filter(|rows| (1..=Self::MOST_ROWS).contains(rows))
            .ok_or_else(|| "a whole number from 1 to 1000000000 is wanted".to_owned())
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = HumanCount(self.rows as u64);
        write!(f, "four tables of {rows} random digits each, seed {}", self.seed)
    }
}

/// Makes the four tables anew, as [`fill_unless`] does, and is not stopped.
pub fn fill(database: &Database, contents: Contents) -> Result<u64, Error> {
    fill_unless(database, contents, || false)
}

/// Makes the four tables anew in one transaction, with a progress bar on
/// stderr. Makes the file too if it is one of SQLite's and not there. Gives the
/// number of rows in all of them. Told to `stop`, it gives [`Trouble::Interrupted`].
///
/// [`Trouble::Interrupted`]: database::Trouble::Interrupted
///
/// Whoever looks meanwhile, or after this program was killed half-way, finds
/// what was there before. A second program that fills waits for the first.
pub fn fill_unless(
    database: &Database,
    contents: Contents,
    stop: impl Fn() -> bool,
) -> Result<u64, Error> {
    let mut bar = Bar::new(&contents);
    let show = |progress| {
        bar.show(progress);
        if stop() { Break(()) } else { Continue(()) }
    };
    generator::fill(database, &contents, show)
}

impl Filling for Contents {
    const ROWS: &'static str = "rows";
    const LOCK: &'static str = "table-stats";

    fn all_rows(&self) -> u64 {
        (self.rows * Table::ALL.len()) as u64
    }

    /// Large tables take minutes.
    fn patience(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error> {
        let count = match connection.driver {
            Driver::Sqlite(_) => COUNT_TABLES_IN_SQLITE,
            _ => COUNT_TABLES_IN_POSTGRES,
        };
        Ok(connection.integer(count)? == Some(4))
    }

    fn write(&self, connection: &mut Connection, watch: &mut Watch<'_>) -> Result<u64, Error> {
        let mut all = 0;
        for table in Table::ALL {
            let added = |rows| {
                all += rows as u64;
                watch.tell(Progress::Added(all))
            };
            match &mut connection.driver {
                Driver::Sqlite(file) => write_to_sqlite(file, table, *self, added)?,
                Driver::Postgres(client) => write_to_postgres(client, table, *self, added)?,
                _ => return Err(Trouble::NoSql.into()),
            }
        }
        watch.tell(Progress::Finishing)?;
        Ok(all)
    }
}

/// How many of the four tables there are.
const COUNT_TABLES_IN_SQLITE: &str = "\
    SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN \
    ('first_table', 'second_table', 'third_table', 'fourth_table')";

const COUNT_TABLES_IN_POSTGRES: &str = "\
    SELECT count(to_regclass(name)) FROM unnest(ARRAY[\
    'first_table', 'second_table', 'third_table', 'fourth_table']) AS name";

fn anew(table: Table) -> String {
    format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (value integer)")
}

/// More rows in one statement do not go faster.
const ROWS_PER_INSERT: usize = 200;

fn write_to_sqlite(
    file: &rusqlite::Connection,
    table: Table,
    contents: Contents,
    mut added: impl FnMut(usize) -> Result<(), Error>,
) -> Result<(), Error> {
    file.execute_batch(&anew(table))?;
    let mut values = values(contents.seed, table);
    let whole = (ROWS_PER_INSERT, contents.rows / ROWS_PER_INSERT);
    let rest = (contents.rows % ROWS_PER_INSERT, 1);
    for (rows, times) in [whole, rest].into_iter().filter(|(rows, _)| *rows > 0) {
        let places = vec!["(?)"; rows].join(", ");
        let mut insert = file.prepare(&format!("INSERT INTO {table} VALUES {places}"))?;
        for _ in 0..times {
            insert.execute(params_from_iter(values.by_ref().take(rows)))?;
            added(rows)?;
        }
    }
    Ok(())
}

/// Rows that are handed to Postgres at a time: 64 kB.
const ROWS_PER_WRITE: usize = 32 * 1024;

fn write_to_postgres(
    client: &mut Client,
    table: Table,
    contents: Contents,
    mut added: impl FnMut(usize) -> Result<(), Error>,
) -> Result<(), Error> {
    client.batch_execute(&anew(table))?;
    // Frozen rows need no second look by whoever reads them first.
    let mut copy = Copy::begin(client, &format!("COPY {table} FROM STDIN (FREEZE)"))?;
    let mut values = values(contents.seed, table);
    let mut left = contents.rows;
    while left > 0 {
        let rows = left.min(ROWS_PER_WRITE);
        let lines = values.by_ref().take(rows).flat_map(|value| [b'0' + value, b'\n']);
        copy.send(lines.collect())?;
        added(rows)?;
        left -= rows;
    }
    copy.finish()
}
