//! `COPY`, which moves rows faster into a table than any other statement.

use std::io::Cursor;
use std::pin::Pin;

use futures::SinkExt;
use tokio_postgres::CopyInSink;

use crate::Error;
use crate::blocking::Client;

/// Rows on their way into a table of Postgres.
pub struct Copy<'c> {
    client: &'c mut Client,
    server: Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>,
}

impl<'c> Copy<'c> {
    /// Begins a statement such as `COPY cities (name, state_id) FROM STDIN`.
    pub fn begin(client: &'c mut Client, statement: &str) -> Result<Self, Error> {
        let server = client.wait(async |orders| orders.copy_in(statement).await)?;
        Ok(Self { client, server: Box::pin(server) })
    }

    /// Sends rows in the text format of `COPY`: a line each, with tabs between columns.
    pub fn send(&mut self, lines: Vec<u8>) -> Result<(), Error> {
        self.client.wait(async |_| self.server.send(Cursor::new(lines)).await)
    }

    /// Waits until the server has all of them. If this is left out, it keeps none.
    pub fn finish(mut self) -> Result<(), Error> {
        self.client.wait(async |_| self.server.as_mut().finish().await)?;
        Ok(())
    }
}
