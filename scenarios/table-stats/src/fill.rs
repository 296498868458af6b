//! Fills the four tables: all of them or none, whatever happens meanwhile.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use database::blocking::Driver;
use database::{Database, Error, Trouble};
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use postgres::Client;
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};

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

    fn all_rows(&self) -> u64 {
        (self.rows * Table::ALL.len()) as u64
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = HumanCount(self.rows as u64);
        write!(f, "four tables of {rows} random digits each, seed {}", self.seed)
    }
}

/// Makes the four tables anew in one transaction, with a progress bar on
/// stderr. Makes the file too if it is one of SQLite's and not there.
///
/// Whoever looks meanwhile, or after this program was killed half-way, finds
/// what was there before. A second program that fills waits for the first.
pub fn fill(database: &Database, contents: Contents) -> Result<(), Error> {
    make_file(database)?;
    match &mut database.connect()?.driver {
        Driver::Sqlite(connection) => {
            begin(connection).and_then(|transaction| fill_sqlite(transaction, contents))
        }
        Driver::Postgres(client) => fill_postgres(client, contents),
    }
    .map_err(|error| error.at(database))
}

/// The same, unless the tables of this SQLite file are there already: another
/// program may have been faster.
pub(crate) fn fill_unless_filled(database: &Database, contents: Contents) -> Result<(), Error> {
    make_file(database)?;
    let Driver::Sqlite(connection) = &mut database.connect()?.driver else { return Ok(()) };
    let fill = |connection| {
        let transaction = begin(connection)?;
        let tables: i64 = transaction.query_row(COUNT_TABLES_IN_SQLITE, (), |row| row.get(0))?;
        if tables == 4 { Ok(()) } else { fill_sqlite(transaction, contents) }
    };
    fill(connection).map_err(|error| error.at(database))
}

/// An empty file is an SQLite database without tables.
fn make_file(database: &Database) -> Result<(), Error> {
    let Database::Sqlite(path) = database else { return Ok(()) };
    let made = File::options().create(true).append(true).open(path);
    let unwritable = |error: io::Error| Error::from(Trouble::ReadOnly(error.to_string()));
    made.map(drop).map_err(|error| unwritable(error).at(database))
}

/// How many of the four tables there are.
pub(crate) const COUNT_TABLES_IN_SQLITE: &str = "\
    SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN \
    ('first_table', 'second_table', 'third_table', 'fourth_table')";

fn anew(table: Table) -> String {
    format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (value integer)")
}

/// How long to wait for another program that fills the same file.
const PATIENCE: Duration = Duration::from_secs(600);

/// More rows in one statement do not go faster.
const ROWS_PER_INSERT: usize = 200;

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, Error> {
    connection.busy_timeout(PATIENCE)?;
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn fill_sqlite(transaction: Transaction<'_>, contents: Contents) -> Result<(), Error> {
    let progress = progress_bar(contents);
    for table in Table::ALL {
        transaction.execute_batch(&anew(table))?;
        let mut values = values(contents.seed, table);
        let whole = (ROWS_PER_INSERT, contents.rows / ROWS_PER_INSERT);
        let rest = (contents.rows % ROWS_PER_INSERT, 1);
        for (rows, times) in [whole, rest].into_iter().filter(|(rows, _)| *rows > 0) {
            let places = vec!["(?)"; rows].join(", ");
            let mut insert =
                transaction.prepare(&format!("INSERT INTO {table} VALUES {places}"))?;
            for _ in 0..times {
                insert.execute(params_from_iter(values.by_ref().take(rows)))?;
                progress.inc(rows as u64);
            }
        }
    }
    Ok(transaction.commit()?)
}

/// Makes whoever fills a Postgres database second wait for the first. Without
/// it, both would create the same table, and one would fail.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtext('table-stats'))";

/// Rows that are handed to Postgres at a time: 64 kB.
const ROWS_PER_WRITE: usize = 32 * 1024;

fn fill_postgres(client: &mut Client, contents: Contents) -> Result<(), Error> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(ONE_AT_A_TIME)?;
    let progress = progress_bar(contents);
    for table in Table::ALL {
        transaction.batch_execute(&anew(table))?;
        // Frozen rows need no second look by whoever reads them first.
        let mut copy = transaction.copy_in(&format!("COPY {table} FROM STDIN (FREEZE)"))?;
        let mut values = values(contents.seed, table);
        let mut left = contents.rows;
        while left > 0 {
            let rows = left.min(ROWS_PER_WRITE);
            let lines: Vec<u8> =
                values.by_ref().take(rows).flat_map(|value| [b'0' + value, b'\n']).collect();
            copy.write_all(&lines).map_err(copy_error)?;
            progress.inc(rows as u64);
            left -= rows;
        }
        copy.finish()?;
    }
    Ok(transaction.commit()?)
}

/// What went wrong stands inside of the writer's error.
fn copy_error(error: io::Error) -> Error {
    match error.downcast::<postgres::Error>() {
        Ok(error) => error.into(),
        Err(error) => Trouble::Stopped(error.to_string()).into(),
    }
}

/// Rows so far and rows per second, on a terminal.
fn progress_bar(contents: Contents) -> ProgressBar {
    let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
        // Writing to a line of the screen cannot fail.
        let _ = write!(text, "{}", HumanCount(state.per_sec() as u64));
    };
    let template = "{bar:30} {human_pos} of {human_len} rows, {rate} rows per second";
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    ProgressBar::new(contents.all_rows()).with_style(style.with_key("rate", rate))
}
