//! Filling a Postgres database.

use std::collections::BTreeMap;
use std::fmt::Write;

use database::blocking::Client;
use database::generator::Copy;
use database::{Error, Trouble};

use super::Store;
use crate::schema;
use crate::states::{STATES, State};

const COPY_STATES: &str = "COPY states (id, long_name, state) FROM STDIN";

const COPY: &str = "COPY cities (id, name, state_id) FROM STDIN";

/// The same for a table that is new in this transaction: nobody else sees its
/// rows before all are there, so they need no mark of who may.
const COPY_INTO_NEW: &str = "COPY cities (id, name, state_id) FROM STDIN WITH (FREEZE)";

/// Where the keys of the table come from.
const SEQUENCE: &str = "SELECT pg_get_serial_sequence('cities', 'id')";

/// Takes as many keys as are needed from the sequence, and gives the last one.
/// If the server took them one by one for its rows, that were a quarter of the time.
const TAKE_KEYS: &str = "SELECT setval($1::text::regclass, nextval($1::text::regclass) + $2 - 1)";

pub(super) struct Postgres<'c> {
    client: &'c mut Client,
    /// The rows of one copy in the text format of `COPY`, but for the keys in front.
    rows: Vec<String>,
    /// The sequence of the keys. It is known when the tables are there.
    sequence: String,
    /// Whether the table `cities` is new, and its key still to be made.
    is_new: bool,
}

impl<'c> Postgres<'c> {
    pub(super) fn new(client: &'c mut Client, is_new: bool) -> Self {
        Self { client, rows: Vec::new(), sequence: String::new(), is_new }
    }
}

impl Postgres<'_> {
    /// The first of the keys for so many new rows, which follow each other.
    fn take_keys(&mut self, rows: i64) -> Result<i64, Error> {
        let last: i64 = self.client.query_one(TAKE_KEYS, &[&self.sequence, &rows])?.try_get(0)?;
        Ok(last - rows + 1)
    }
}

impl Store for Postgres<'_> {
    const STEP: u32 = 10;

    fn create_tables(&mut self) -> Result<(), Error> {
        self.client.batch_execute(schema::POSTGRES_STATES)?;
        if self.states()?.is_empty() {
            let line =
                |state: State| format!("{}\t{}\t{}\n", state.id, state.long_name, state.code);
            let mut copy = Copy::begin(self.client, COPY_STATES)?;
            copy.send(STATES.map(line).concat().into_bytes())?;
            copy.finish()?;
        }
        if self.is_new {
            self.client.batch_execute(schema::POSTGRES_CITIES)?;
        }
        let sequence: Option<String> = self.client.query_one(SEQUENCE, &[])?.try_get(0)?;
        let none = || Trouble::Other("its table cities has no sequence to take keys from".into());
        self.sequence = sequence.ok_or_else(none)?;
        // It changes nothing. But what is altered in a transaction is given to nobody
        // else until its end, and is as it was if that does not come.
        self.client.batch_execute(&format!("ALTER SEQUENCE {} CACHE 1", self.sequence))
    }

    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error> {
        let rows = self.client.query("SELECT state, id FROM states", &[])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error> {
        // No name holds a tab, a line break or a backslash.
        self.rows = rows.iter().map(|(name, state)| format!("\t{name}\t{state}\n")).collect();
        Ok(())
    }

    fn add(&mut self, copies: u32) -> Result<(), Error> {
        let mut key = self.take_keys(i64::from(copies) * self.rows.len() as i64)?;
        let statement = if self.is_new { COPY_INTO_NEW } else { COPY };
        let mut copy = Copy::begin(self.client, statement)?;
        for _ in 0..copies {
            let mut lines = String::new();
            for row in &self.rows {
                write!(lines, "{key}{row}").expect("a String takes any text");
                key += 1;
            }
            copy.send(lines.into_bytes())?;
        }
        copy.finish()
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.is_new {
            self.client.batch_execute(schema::POSTGRES_KEY)?;
        }
        Ok(())
    }
}
