//! Connections that block the thread: `rusqlite` and `postgres`.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::NoTls;
use postgres::fallible_iterator::FallibleIterator;
use rusqlite::OpenFlags;
use tokio::runtime;

pub use crate::outside::Client;

use crate::Database;
use crate::database::Address;
use crate::error::{Error, Trouble};
use crate::outside::outside;

/// How long SQLite waits for a file that another program has locked.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to either database.
pub struct Connection {
    /// The driver's own connection.
    pub driver: Driver,
    database: Database,
}

/// The drivers' connections.
pub enum Driver {
    /// To an SQLite file.
    Sqlite(rusqlite::Connection),
    /// To a Postgres server.
    Postgres(Client),
}

impl Connection {
    pub(crate) fn open(database: &Database) -> Result<Self, Error> {
        let driver = match database {
            Database::Sqlite(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = rusqlite::Connection::open_with_flags(path, flags)?;
                connection.busy_timeout(PATIENCE)?;
                // As Postgres has it; SQLite's own LIKE ignores case.
                connection.pragma_update(None, "case_sensitive_like", true)?;
                Driver::Sqlite(connection)
            }
            Database::Postgres(address) => Driver::Postgres(connect(address)?.into()),
        };
        Ok(Self { driver, database: database.clone() })
    }

    /// Runs the query and hands over its rows one by one, as they come. They
    /// have two columns, each a text that is not NULL.
    pub fn for_each_row(
        &mut self,
        query: &'static str,
        each: impl FnMut(String, String) + Send,
    ) -> Result<(), Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => sqlite_rows(connection, query, each),
            Driver::Postgres(client) => outside(|| postgres_rows(client, query, each)),
        }
        .map_err(|error| error.at(&self.database))
    }

    /// The text in the one row and column of the query's answer; none if it is NULL.
    pub fn text(&mut self, query: &'static str) -> Result<Option<String>, Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => {
                connection.query_row(query, (), |row| row.get(0)).map_err(Error::from)
            }
            Driver::Postgres(client) => outside(|| client.query_one(query, &[])?.try_get(0)),
        }
        .map_err(|error| error.at(&self.database))
    }

    /// The 64-bit integer in the one row and column of the query's answer; none if it is NULL.
    pub fn integer(&mut self, query: &'static str) -> Result<Option<i64>, Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => {
                connection.query_row(query, (), |row| row.get(0)).map_err(Error::from)
            }
            Driver::Postgres(client) => outside(|| client.query_one(query, &[])?.try_get(0)),
        }
        .map_err(|error| error.at(&self.database))
    }

    /// Runs these statements, one after another.
    pub fn execute(&mut self, statements: &'static str) -> Result<(), Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => connection.execute_batch(statements).map_err(Error::from),
            Driver::Postgres(client) => outside(|| client.batch_execute(statements)),
        }
        .map_err(|error| error.at(&self.database))
    }

    /// Ends the connection. Dropping it does the same, and cannot say what went wrong.
    pub fn close(self) -> Result<(), Error> {
        match self.driver {
            Driver::Sqlite(connection) => connection.close().map_err(|(_, error)| error.into()),
            Driver::Postgres(client) => client.close(),
        }
        .map_err(|error| error.at(&self.database))
    }
}

/// Connects on a thread of its own, which may then be left waiting: the driver
/// gives no time to a server that has taken the call and says nothing.
fn connect(address: &Address) -> Result<postgres::Client, Error> {
    let (tell, told) = mpsc::channel();
    let config = address.blocking.clone();
    thread::Builder::new().name("connecting".to_owned()).spawn(move || {
        // The driver makes an event loop for itself, and panics where it cannot.
        let can = runtime::Builder::new_current_thread().enable_all().build();
        let connected = can.map_err(Error::from).and_then(|_| Ok(config.connect(NoTls)?));
        // Nobody waits any more if it took too long.
        let _ = tell.send(connected);
    })?;
    match told.recv_timeout(address.patience()) {
        Ok(connected) => connected,
        Err(_) => Err(Trouble::Silent(address.patience()).into()),
    }
}

fn sqlite_rows(
    connection: &rusqlite::Connection,
    query: &str,
    mut each: impl FnMut(String, String),
) -> Result<(), Error> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, row.get(1)?);
    }
    Ok(())
}

fn postgres_rows(
    client: &mut postgres::Client,
    query: &str,
    mut each: impl FnMut(String, String),
) -> Result<(), Error> {
    let no_parameters: [&str; 0] = [];
    let mut rows = client.query_raw(query, no_parameters)?;
    while let Some(row) = rows.next()? {
        each(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}
