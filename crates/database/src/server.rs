//! A connection to a Postgres server, for both kinds of client: `tokio-postgres`.
//!
//! Whoever waits for an answer reads and writes meanwhile: no task of its own does.
//! So it is the requester who holds the thread while bytes become rows.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::TryStreamExt;
use tokio::time::timeout;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::types::FromSqlOwned;
use tokio_postgres::{Client, Connection, Error as ServerError, NoTls, Row, Socket};

use crate::database::Address;
use crate::error::{Error, Trouble};
use crate::row::{Value, typed};

/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long after its limit a statement may still be under way: the server may be busy.
/// Longer, and it is not there to end it.
pub(crate) const OVERDUE: Duration = Duration::from_secs(5);

/// A connection to a Postgres server.
pub struct Server {
    client: Client,
    connection: Connection<Socket, NoTlsStream>,
    /// What a statement may take; none if it may take any time.
    limit: Option<Duration>,
}

impl Server {
    /// Fails, too, if the server does not let it in within its patience.
    pub(crate) async fn connect(address: &Address) -> Result<Self, Error> {
        address.can_be_looked_up()?;
        let patience = address.patience();
        let connected = timeout(patience, address.driver.connect(NoTls)).await;
        let (client, connection) = connected.map_err(|_| Trouble::Silent(patience))??;
        Ok(Self { client, connection, limit: None })
    }

    /// Has the server end each statement that takes longer.
    pub(crate) async fn limit_statements(&mut self, to: Duration) -> Result<(), Error> {
        self.limit = Some(to);
        // In milliseconds, and 0 would be none.
        let set = format!("SET statement_timeout = {}", to.as_millis().max(1));
        self.drive(async |client| client.batch_execute(&set).await).await
    }

    /// Does some work with the driver's client, which only sends orders and takes
    /// answers, and keeps the connection going until it is done.
    pub(crate) async fn drive<T>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<T, ServerError>,
    ) -> Result<T, Error> {
        let mut work = pin!(work(&self.client));
        let done = poll_fn(|context| {
            // What the server says without being asked is of no interest.
            while let Poll::Ready(Some(said)) = self.connection.poll_message(context) {
                said?;
            }
            work.as_mut().poll(context)
        });
        let Some(limit) = self.limit else { return Ok(done.await?) };
        let longest = limit + OVERDUE;
        let in_time = timeout(longest, done).await;
        let silent = || format!("it has not answered for {} s", longest.as_secs_f64());
        Ok(in_time.map_err(|_| Trouble::Stopped(silent()))??)
    }

    /// Runs the query and hands over its rows one by one, as they come.
    ///
    /// Others get a turn in between, without more ado: the driver keeps no more than
    /// two pieces of an answer, of 8 kB each, and returns to the event loop for the next.
    pub(crate) async fn for_each_row(
        &mut self,
        query: &str,
        mut each: impl FnMut(String, String),
    ) -> Result<(), Error> {
        let no_parameters: [&str; 0] = [];
        self.drive(async |client| {
            let mut rows = pin!(client.query_raw(query, no_parameters).await?);
            while let Some(row) = rows.try_next().await? {
                each(row.try_get(0)?, row.try_get(1)?);
            }
            Ok(())
        })
        .await
    }

    /// Says goodbye to the server. One that has more to say than that takes is left:
    /// the rest of a long answer, which nobody wants any more.
    pub(crate) async fn close(self) -> Result<(), Error> {
        drop(self.client);
        Ok(timeout(FAREWELL, self.connection).await.unwrap_or(Ok(()))?)
    }
}

/// The value in the one row and column of the query's answer.
pub(crate) async fn value<T: FromSqlOwned>(client: &Client, query: &str) -> Result<T, ServerError> {
    client.query_one(query, &[]).await?.try_get(0)
}

/// The rows of the statement's answer, all at once.
pub(crate) async fn rows(
    client: &Client,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Row>, ServerError> {
    client.query_typed(statement, &typed(parameters)).await
}
