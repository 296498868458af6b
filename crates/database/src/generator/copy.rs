//! `COPY`, which moves rows faster into a table than any other statement.

use std::io::{self, Write};

use postgres::{Client, CopyInWriter};

use crate::{Error, Trouble};

/// Rows on their way into a table of Postgres.
pub struct Copy<'c>(CopyInWriter<'c>);

impl<'c> Copy<'c> {
    /// Begins a statement such as `COPY cities (name, state_id) FROM STDIN`.
    pub fn begin(client: &'c mut Client, statement: &str) -> Result<Self, Error> {
        Ok(Self(client.copy_in(statement)?))
    }

    /// Sends rows in the text format of `COPY`: a line each, with tabs between columns.
    pub fn send(&mut self, lines: &[u8]) -> Result<(), Error> {
        self.0.write_all(lines).map_err(unwrapped)
    }

    /// Waits until the server has all of them. If this is left out, it keeps none.
    pub fn finish(self) -> Result<(), Error> {
        self.0.finish()?;
        Ok(())
    }
}

/// The driver wraps its own errors to fit `io::Write`.
fn unwrapped(error: io::Error) -> Error {
    match error.downcast::<postgres::Error>() {
        Ok(error) => error.into(),
        Err(error) => Trouble::Other(error.to_string()).into(),
    }
}
