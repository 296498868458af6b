//! Filling an SQLite file.

use std::collections::BTreeMap;

use database::Error;
use rusqlite::{Connection, params};

use super::Store;
use crate::schema;
use crate::states::STATES;

/// The copies are made inside the database: no row passes through this program.
const ADD: &str = "
    INSERT INTO cities (name, state_id)
    WITH RECURSIVE copy (number) AS (
        SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < ?1
    )
    SELECT name, state_id FROM copy CROSS JOIN temp.municipalities";

pub(super) struct Sqlite<'c>(&'c Connection);

impl<'c> Sqlite<'c> {
    pub(super) fn new(file: &'c Connection) -> Self {
        Self(file)
    }
}

impl Store for Sqlite<'_> {
    const STEP: u32 = 10;

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

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
