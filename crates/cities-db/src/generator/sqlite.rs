//! Filling an SQLite file.
//!
//! The journal is whatever the file has, which is SQLite's rollback journal
//! unless somebody chose another. New rows go to new pages at the end, of which
//! a rollback journal keeps nothing; a write-ahead log would write them twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::Store;
use crate::states::STATES;
use crate::{Error, Trouble, schema};

/// The copies are made inside the database: no row passes through this program.
const ADD: &str = "
    INSERT INTO cities (name, state_id)
    WITH RECURSIVE copy (number) AS (
        SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < ?1
    )
    SELECT name, state_id FROM copy CROSS JOIN temp.municipalities";

pub(super) struct Sqlite(Connection);

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(cannot_create)?;
        // Whoever calls waits, and tells of it.
        connection.busy_timeout(Duration::ZERO)?;
        Ok(Self(connection))
    }
}

/// A file that is not there would have been created.
fn cannot_create(error: rusqlite::Error) -> Error {
    let why = error.to_string();
    match Error::from(error) {
        Error { trouble: Trouble::NoFile, .. } => Trouble::ReadOnly(why).into(),
        error => error,
    }
}

impl Store for Sqlite {
    const STEP: u32 = 10;

    fn begin(&mut self) -> Result<bool, Error> {
        unless_locked(self.0.execute_batch("BEGIN IMMEDIATE"))
    }

    fn has_cities(&mut self) -> Result<bool, Error> {
        let is_there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'cities')";
        let has_rows = "SELECT EXISTS (SELECT 1 FROM cities)";
        let ask = |query| self.0.query_row(query, (), |row| row.get::<_, bool>(0));
        Ok(ask(is_there)? && ask(has_rows)?)
    }

    fn drop_tables(&mut self) -> Result<(), Error> {
        Ok(self.0.execute_batch(schema::DROP)?)
    }

    fn create_tables(&mut self) -> Result<(), Error> {
        self.0.execute_batch(schema::SQLITE)?;
        if self.states()?.is_empty() {
            let mut insert = self.0.prepare("INSERT INTO states VALUES (?1, ?2, ?3)")?;
            for state in STATES {
                insert.execute(params![state.id, state.long_name, state.code])?;
            }
        }
        Ok(())
    }

    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error> {
        let mut query = self.0.prepare("SELECT state, id FROM states")?;
        let states = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(states.collect::<Result<_, _>>()?)
    }

    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error> {
        self.0.execute_batch("CREATE TEMP TABLE municipalities (name TEXT, state_id INTEGER)")?;
        let mut insert = self.0.prepare("INSERT INTO temp.municipalities VALUES (?1, ?2)")?;
        rows.iter().try_for_each(|row| insert.execute(*row).map(drop))?;
        Ok(())
    }

    fn add(&mut self, copies: u32) -> Result<(), Error> {
        self.0.prepare_cached(ADD)?.execute([copies])?;
        Ok(())
    }

    fn finish(&mut self) -> Result<u64, Error> {
        let count: i64 = self.0.query_row("SELECT count(*) FROM cities", (), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn commit(&mut self) -> Result<bool, Error> {
        unless_locked(self.0.execute_batch("COMMIT"))
    }
}

/// When a write has failed, SQLite leaves it to the next reader to put the file
/// back and to give the room back. That one is here.
impl Drop for Sqlite {
    fn drop(&mut self) {
        // There may be no transaction, and then there is nothing to put back.
        let _ = self.0.execute_batch("ROLLBACK");
        let _ = self.0.execute_batch("SELECT 1 FROM sqlite_schema");
    }
}

/// Both beginning and committing may be tried again when the file was locked.
fn unless_locked(result: rusqlite::Result<()>) -> Result<bool, Error> {
    match result.map_err(Error::from) {
        Ok(()) => Ok(true),
        Err(Error { trouble: Trouble::Locked, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
