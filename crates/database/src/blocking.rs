//! Connections that block the thread: `rusqlite`, and `tokio-postgres` with an
//! event loop of its own.

use std::time::Duration;

use rusqlite::{OpenFlags, params_from_iter};
use tokio_postgres::types::FromSqlOwned;

pub use crate::client::Client;

use crate::Database;
use crate::error::Error;
use crate::limit::{Limit, STEPS_A_QUESTION};
use crate::row::{Of, Row, Value};
#[cfg(feature = "mongodb")]
use crate::{error::Trouble, mongo};

/// How long SQLite waits for a file that another program has locked.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to any of the databases.
pub struct Connection {
    /// The driver's own connection.
    pub driver: Driver,
    database: Database,
    limit: Limit,
}

/// The drivers' connections.
#[non_exhaustive]
pub enum Driver {
    /// To an SQLite file.
    Sqlite(rusqlite::Connection),
    /// To a Postgres server.
    Postgres(Client),
    /// To a MongoDB server, which knows no SQL.
    #[cfg(feature = "mongodb")]
    Mongo(mongo::Client),
}

/// What either driver can read from a column.
trait Scalar: rusqlite::types::FromSql + FromSqlOwned + Send {}

impl Scalar for String {}
impl Scalar for i64 {}

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
            Database::Postgres(address) => Driver::Postgres(Client::connect(address)?),
            #[cfg(feature = "mongodb")]
            Database::Mongo(address) => Driver::Mongo(mongo::Client::connect(address, database)?),
        };
        Ok(Self { driver, database: database.clone(), limit: Limit::default() })
    }

    /// From here on the database ends each statement that takes longer, with
    /// [`Trouble::Ended`](crate::Trouble::Ended). Then the connection can be used again,
    /// and nothing of that statement was done.
    ///
    /// It goes for statements that are run by the methods of this, and in Postgres for all.
    pub fn limit_statements(&mut self, to: Duration) -> Result<(), Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => limit_sqlite(connection, self.limit.set(to), to),
            Driver::Postgres(client) => client.limit_statements(to),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(client) => {
                client.limit_statements(to);
                Ok(())
            }
        }
        .map_err(|error| error.at(&self.database))
    }

    /// What came of a statement.
    fn ended<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        self.limit.end();
        answer.map_err(|error| error.at(&self.database))
    }

    /// Runs the query and hands over its rows one by one, as they come. They
    /// have two columns, each a text that is not NULL.
    pub fn for_each_row(
        &mut self,
        query: &'static str,
        each: impl FnMut(String, String) + Send,
    ) -> Result<(), Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => sqlite_rows(connection, query, each),
            Driver::Postgres(client) => client.for_each_row(query, each),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// The text in the one row and column of the query's answer; none if it is NULL.
    pub fn text(&mut self, query: &'static str) -> Result<Option<String>, Error> {
        self.scalar(query)
    }

    /// The 64-bit integer in the one row and column of the query's answer; none if it is NULL.
    pub fn integer(&mut self, query: &'static str) -> Result<Option<i64>, Error> {
        self.scalar(query)
    }

    fn scalar<T: Scalar>(&mut self, query: &str) -> Result<Option<T>, Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => {
                connection.query_row(query, (), |row| row.get(0)).map_err(Error::from)
            }
            Driver::Postgres(client) => client.value(query),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// Runs a statement to its end, and reads each row of its answer.
    pub fn query<T: Send>(
        &mut self,
        statement: &'static str,
        parameters: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => sqlite_query(connection, statement, parameters, read),
            Driver::Postgres(client) => client.read(statement, parameters, read),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// Runs these statements, one after another.
    pub fn execute(&mut self, statements: &'static str) -> Result<(), Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => connection.execute_batch(statements).map_err(Error::from),
            Driver::Postgres(client) => client.batch_execute(statements),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// Ends the connection. Dropping it does the same, and cannot say what went wrong.
    pub fn close(self) -> Result<(), Error> {
        match self.driver {
            Driver::Sqlite(connection) => connection.close().map_err(|(_, error)| error.into()),
            Driver::Postgres(client) => client.close(),
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Ok(()),
        }
        .map_err(|error| error.at(&self.database))
    }
}

fn limit_sqlite(
    connection: &rusqlite::Connection,
    is_over: impl FnMut() -> bool + Send + 'static,
    to: Duration,
) -> Result<(), Error> {
    connection.progress_handler(STEPS_A_QUESTION, Some(is_over))?;
    // It asks nothing while it waits for a lock.
    connection.busy_timeout(to.min(PATIENCE))?;
    Ok(())
}

fn sqlite_query<T>(
    connection: &rusqlite::Connection,
    statement: &str,
    parameters: &[Value],
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(&Row(Of::Rusqlite(row)))?);
    }
    Ok(all)
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
