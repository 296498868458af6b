//! Filling a Postgres database.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use postgres::{Client, NoTls};

use super::Store;
use crate::database::Address;
use crate::states::STATES;
use crate::{Error, Trouble, schema};

/// Held until the connection ends, however it ends. The first number is this
/// generator's own, the second stands for the schema that it fills.
const LOCK: &str = "SELECT pg_try_advisory_lock(\
    5571, hashtext(coalesce(current_schema(), '')))";

/// `COPY` moves rows faster into a table than any other statement.
const COPY: &str = "COPY cities (name, state_id) FROM STDIN";

/// The same for a table that is new in this transaction: nobody else sees its
/// rows before all are there, so they need no mark of who may.
const COPY_INTO_NEW: &str = "COPY cities (name, state_id) FROM STDIN WITH (FREEZE)";

/// For as long as the transaction takes, keys are fetched by the copy: exactly as
/// many as it needs. One by one they take a sixth of the time.
const KEYS_BY_THE_COPY: &str = "ALTER SEQUENCE IF EXISTS cities_id_seq CACHE 5571";

/// As `serial` has it.
const KEYS_ONE_BY_ONE: &str = "ALTER SEQUENCE IF EXISTS cities_id_seq CACHE 1";

pub(super) struct Postgres {
    client: Client,
    /// One copy, in the text format of `COPY`.
    rows: String,
    /// Whether the table `cities` is new, and its key still to be made.
    new: bool,
}

impl Postgres {
    pub(super) fn open(address: &Address) -> Result<Self, Error> {
        let client = address.blocking.connect(NoTls)?;
        Ok(Self { client, rows: String::new(), new: false })
    }

    fn has_table(&mut self) -> Result<bool, Error> {
        let query = "SELECT to_regclass('cities') IS NOT NULL";
        Ok(self.client.query_one(query, &[])?.try_get(0)?)
    }
}

impl Store for Postgres {
    const STEP: u32 = 20;

    fn begin(&mut self) -> Result<bool, Error> {
        // Before the transaction: one that has begun may go on believing that
        // there is no table, whoever creates it meanwhile.
        let locked = self.client.query_one(LOCK, &[])?.try_get(0)?;
        if locked {
            self.client.batch_execute("BEGIN")?;
        }
        Ok(locked)
    }

    fn has_cities(&mut self) -> Result<bool, Error> {
        let has_rows = "SELECT EXISTS (SELECT FROM cities)";
        Ok(self.has_table()? && self.client.query_one(has_rows, &[])?.try_get(0)?)
    }

    fn drop_tables(&mut self) -> Result<(), Error> {
        Ok(self.client.batch_execute(schema::DROP)?)
    }

    fn create_tables(&mut self) -> Result<(), Error> {
        self.client.batch_execute(schema::POSTGRES_STATES)?;
        if self.states()?.is_empty() {
            let insert = self.client.prepare("INSERT INTO states VALUES ($1, $2, $3)")?;
            for state in STATES {
                self.client.execute(&insert, &[&state.id, &state.long_name, &state.code])?;
            }
        }
        self.new = !self.has_table()?;
        if self.new {
            self.client.batch_execute(schema::POSTGRES_CITIES)?;
        }
        Ok(self.client.batch_execute(KEYS_BY_THE_COPY)?)
    }

    fn states(&mut self) -> Result<BTreeMap<String, i32>, Error> {
        let rows = self.client.query("SELECT state, id FROM states", &[])?;
        let states = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        Ok(states.collect::<Result<_, postgres::Error>>()?)
    }

    fn take_rows(&mut self, rows: &[(&str, i32)]) -> Result<(), Error> {
        for (name, state) in rows {
            // No name holds a tab, a line break or a backslash.
            writeln!(self.rows, "{name}\t{state}").expect("a String takes any text");
        }
        Ok(())
    }

    fn add(&mut self, copies: u32) -> Result<(), Error> {
        let copy = if self.new { COPY_INTO_NEW } else { COPY };
        let mut writer = self.client.copy_in(copy)?;
        for _ in 0..copies {
            writer.write_all(self.rows.as_bytes()).map_err(copy_failed)?;
        }
        writer.finish()?;
        Ok(())
    }

    fn finish(&mut self) -> Result<u64, Error> {
        self.client.batch_execute(KEYS_ONE_BY_ONE)?;
        if self.new {
            self.client.batch_execute(schema::POSTGRES_KEY)?;
        }
        let count: i64 = self.client.query_one("SELECT count(*) FROM cities", &[])?.try_get(0)?;
        Ok(count.unsigned_abs())
    }

    fn commit(&mut self) -> Result<bool, Error> {
        self.client.batch_execute("COMMIT")?;
        Ok(true)
    }
}

/// The driver wraps its own errors to fit `io::Write`.
fn copy_failed(error: io::Error) -> Error {
    match error.downcast::<postgres::Error>() {
        Ok(error) => error.into(),
        Err(error) => Trouble::Other(error.to_string()).into(),
    }
}
