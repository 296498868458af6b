//! Filling a Postgres database.

use std::collections::BTreeMap;
use std::fmt::Write;

use database::Error;
use database::blocking::Client;
use database::generator::Copy;

use super::Store;
use crate::schema;
use crate::states::{STATES, State};

const COPY_STATES: &str = "COPY states FROM STDIN";

const COPY: &str = "COPY cities (name, state_id) FROM STDIN";

/// The same for a table that is new in this transaction: nobody else sees its
/// rows before all are there, so they need no mark of who may.
const COPY_INTO_NEW: &str = "COPY cities (name, state_id) FROM STDIN WITH (FREEZE)";

/// For as long as the transaction takes, keys are fetched by the copy: exactly as
/// many as it needs. One by one they take a sixth of the time.
const KEYS_BY_THE_COPY: &str = "ALTER SEQUENCE IF EXISTS cities_id_seq CACHE 5571";

/// As `serial` has it.
const KEYS_ONE_BY_ONE: &str = "ALTER SEQUENCE IF EXISTS cities_id_seq CACHE 1";

pub(super) struct Postgres<'c> {
    client: &'c mut Client,
    /// One copy, in the text format of `COPY`.
    rows: String,
    /// Whether the table `cities` is new, and its key still to be made.
    is_new: bool,
}

impl<'c> Postgres<'c> {
    pub(super) fn new(client: &'c mut Client, is_new: bool) -> Self {
        Self { client, rows: String::new(), is_new }
    }
}

impl Store for Postgres<'_> {
    const STEP: u32 = 20;

    fn create_tables(&mut self) -> Result<(), Error> {
        self.client.batch_execute(schema::POSTGRES_STATES)?;
        if self.states()?.is_empty() {
            let line =
                |state: State| format!("{}\t{}\t{}\n", state.id, state.long_name, state.code);
            let mut copy = Copy::begin(self.client, COPY_STATES)?;
            copy.send(STATES.map(line).concat().as_bytes())?;
            copy.finish()?;
        }
        if self.is_new {
            self.client.batch_execute(schema::POSTGRES_CITIES)?;
        }
        self.client.batch_execute(KEYS_BY_THE_COPY)
    }

    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error> {
        let rows = self.client.query("SELECT state, id FROM states", &[])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error> {
        for (name, state) in rows {
            // No name holds a tab, a line break or a backslash.
            writeln!(self.rows, "{name}\t{state}").expect("a String takes any text");
        }
        Ok(())
    }

    fn add(&mut self, copies: u32) -> Result<(), Error> {
        let statement = if self.is_new { COPY_INTO_NEW } else { COPY };
        let mut copy = Copy::begin(self.client, statement)?;
        for _ in 0..copies {
            copy.send(self.rows.as_bytes())?;
        }
        copy.finish()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.client.batch_execute(KEYS_ONE_BY_ONE)?;
        if self.is_new {
            self.client.batch_execute(schema::POSTGRES_KEY)?;
        }
        Ok(())
    }
}
