//! Connections that give the thread back while they wait: `sqlx` for SQLite and for
//! pools, and `tokio-postgres`.

use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Postgres, Row as _, Sqlite};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_postgres::types::FromSqlOwned;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::Database;
use crate::blocking::PATIENCE;
use crate::error::Error;
use crate::limit::{Limit, STEPS_A_QUESTION};
use crate::row::{Of, Row, Value};
use crate::server::{Server, rows, value};
#[cfg(feature = "mongodb")]
use crate::{error::Trouble, mongo};

/// How many rows SQLite's thread may be ahead of the event loop. With sqlx's own
/// 50 the two spend more time in waking each other than in work.
const ROWS_AHEAD: usize = 1024;

/// After so many rows the others get a turn. Where the next row has always come
/// already, awaiting it gives nothing back, and one requester would keep the
/// event loop to itself until its last row.
const ROWS_A_TURN: u64 = 256;

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
    /// To an SQLite file; the driver gives each a thread of its own.
    Sqlite(SqliteConnection),
    /// To a Postgres server.
    Postgres(Box<Server>),
    /// To a MongoDB server, which knows no SQL.
    #[cfg(feature = "mongodb")]
    Mongo(mongo::AsyncClient),
}

/// What either driver can read from a column.
trait Scalar: In<Sqlite> + In<Postgres> + FromSqlOwned + Send + Unpin {}

impl Scalar for String {}
impl Scalar for i64 {}

/// What can be read from a column of this kind of database.
trait In<D: sqlx::Database>: sqlx::Type<D> + for<'row> sqlx::Decode<'row, D> {}

impl<D: sqlx::Database, T: sqlx::Type<D> + for<'row> sqlx::Decode<'row, D>> In<D> for T {}

impl Connection {
    pub(crate) async fn open(database: &Database) -> Result<Self, Error> {
        let driver = match database {
            Database::Sqlite(path) => Driver::Sqlite(sqlite_options(path).connect().await?),
            Database::Postgres(address) => {
                Driver::Postgres(Box::new(Server::connect(address).await?))
            }
            #[cfg(feature = "mongodb")]
            Database::Mongo(address) => {
                Driver::Mongo(mongo::AsyncClient::connect(address, database).await?)
            }
        };
        Ok(Self { driver, database: database.clone(), limit: Limit::default() })
    }

    /// As [`blocking::Connection::limit_statements`](crate::blocking::Connection::limit_statements).
    ///
    /// A statement keeps its limit when nobody waits for its answer any more, because the
    /// future was dropped: the database goes on until then.
    pub async fn limit_statements(&mut self, to: Duration) -> Result<(), Error> {
        match &mut self.driver {
            Driver::Sqlite(connection) => {
                limit_sqlite(connection, self.limit.set(to), to).await.map_err(Error::from)
            }
            Driver::Postgres(server) => server.limit_statements(to).await,
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
    pub async fn for_each_row(
        &mut self,
        query: &'static str,
        each: impl FnMut(String, String),
    ) -> Result<(), Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => {
                sqlite_rows(connection, query, each).await.map_err(Error::from)
            }
            Driver::Postgres(server) => server.for_each_row(query, each).await,
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// The text in the one row and column of the query's answer; none if it is NULL.
    pub async fn text(&mut self, query: &'static str) -> Result<Option<String>, Error> {
        self.scalar(query).await
    }

    /// The 64-bit integer in the one row and column of the query's answer; none if it is NULL.
    pub async fn integer(&mut self, query: &'static str) -> Result<Option<i64>, Error> {
        self.scalar(query).await
    }

    async fn scalar<T: Scalar>(&mut self, query: &'static str) -> Result<Option<T>, Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => {
                sqlx::query_scalar(query).fetch_one(connection).await.map_err(Error::from)
            }
            Driver::Postgres(server) => {
                server.drive(async |client| value(client, query).await).await
            }
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// Runs a statement to its end, and reads each row of its answer.
    pub async fn query<T>(
        &mut self,
        statement: &'static str,
        parameters: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.limit.begin();
        let answer = match &mut self.driver {
            Driver::Sqlite(connection) => {
                sqlite_query(connection, statement, parameters, read).await
            }
            Driver::Postgres(server) => {
                let rows = server.drive(async |client| rows(client, statement, parameters).await);
                let rows = rows.await;
                rows.and_then(|rows| rows.iter().map(|row| read(&Row(Of::Postgres(row)))).collect())
            }
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Err(Trouble::NoSql.into()),
        };
        self.ended(answer)
    }

    /// Ends the connection, and waits until SQLite's thread or the server knows.
    /// Dropping it would leave that to happen at some later time.
    pub async fn close(self) -> Result<(), Error> {
        match self.driver {
            // Its thread must not be in the caller's span when this returns.
            Driver::Sqlite(connection) => {
                let closed = connection.close().with_subscriber(NoSubscriber::new()).await;
                closed.map_err(Error::from)
            }
            Driver::Postgres(server) => server.close().await,
            #[cfg(feature = "mongodb")]
            Driver::Mongo(_) => Ok(()),
        }
        .map_err(|error| error.at(&self.database))
    }
}

async fn limit_sqlite(
    connection: &mut SqliteConnection,
    mut is_over: impl FnMut() -> bool + Send + 'static,
    to: Duration,
) -> sqlx::Result<()> {
    connection.lock_handle().await?.set_progress_handler(STEPS_A_QUESTION, move || !is_over());
    // It asks nothing while it waits for a lock.
    let patience = format!("PRAGMA busy_timeout = {}", to.min(PATIENCE).as_millis());
    sqlx::raw_sql(AssertSqlSafe(patience)).execute(connection).await?;
    Ok(())
}

async fn sqlite_query<T>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    parameters: &[Value],
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let query = parameters.iter().fold(sqlx::query(statement), |query, value| match value {
        Value::Integer(integer) => query.bind(*integer),
        Value::Text(text) => query.bind(text.clone()),
    });
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(|row| read(&Row(Of::Sqlx(row)))).collect()
}

async fn sqlite_rows(
    connection: &mut SqliteConnection,
    query: &'static str,
    mut each: impl FnMut(String, String),
) -> sqlx::Result<()> {
    let mut rows = sqlx::query(query).fetch(&mut *connection);
    let answer = async {
        let mut turn = Turn::default();
        while let Some(row) = rows.try_next().await? {
            each(row.try_get(0)?, row.try_get(1)?);
            turn.row().await;
        }
        Ok(())
    }
    .await;
    drop(rows);
    if answer.is_err() {
        // SQLite's thread may still be inside the caller's span, and nobody is
        // going to close the connection. When it answers this, it has left.
        let _ = connection.ping().with_subscriber(NoSubscriber::new()).await;
    }
    answer
}

/// A requester's turn on the event loop.
#[derive(Default)]
struct Turn {
    rows: u64,
}

impl Turn {
    /// Counts a row, and ends the turn after enough of them.
    async fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_A_TURN) {
            yield_now().await;
        }
    }
}

/// A fixed number of connections that take turns, and are asked in SQL.
#[derive(Clone)]
pub struct Pool {
    connections: Connections,
    database: Database,
    use_made: Arc<Mutex<Use>>,
    /// Held by the one who asks whether the database is there: a question from each
    /// who waits would be as many connections more than the pool may have.
    answer: Arc<AsyncMutex<Option<Answer>>>,
}

#[derive(Clone)]
enum Connections {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    #[cfg(feature = "mongodb")]
    NoSql,
}

/// What use is made of a pool's connections.
struct Use {
    /// How many are in somebody's hands.
    lent: usize,
    /// When one was last given out or given back, or the pool began.
    since: Instant,
}

/// What came of asking for a connection of our own.
struct Answer {
    at: Instant,
    is_there: Result<(), Error>,
}

impl Pool {
    /// A pool of at most so many connections. It opens each when it is first needed.
    pub fn new(database: &Database, most: u32) -> Self {
        let connections = match database {
            Database::Sqlite(path) => {
                Connections::Sqlite(options(most).connect_lazy_with(sqlite_options(path)))
            }
            Database::Postgres(address) => {
                let address = address.pool.clone().disable_statement_logging();
                Connections::Postgres(options(most).connect_lazy_with(address))
            }
            #[cfg(feature = "mongodb")]
            Database::Mongo(_) => Connections::NoSql,
        };
        let use_made = Use { lent: 0, since: Instant::now() };
        Self {
            connections,
            database: database.clone(),
            use_made: Arc::new(Mutex::new(use_made)),
            answer: Arc::default(),
        }
    }

    /// As [`Connection::text`], on the next connection that is free.
    pub async fn text(&self, query: &'static str) -> Result<Option<String>, Error> {
        self.scalar(query).await
    }

    /// As [`Connection::integer`], on the next connection that is free.
    pub async fn integer(&self, query: &'static str) -> Result<Option<i64>, Error> {
        self.scalar(query).await
    }

    async fn scalar<T: Scalar>(&self, query: &'static str) -> Result<Option<T>, Error> {
        match &self.connections {
            Connections::Sqlite(pool) => {
                sqlx::query_scalar(query).fetch_one(&mut **self.next(pool).await?).await
            }
            Connections::Postgres(pool) => {
                self.can_begin(pool)?;
                sqlx::query_scalar(query).fetch_one(&mut **self.next(pool).await?).await
            }
            #[cfg(feature = "mongodb")]
            Connections::NoSql => return Err(Trouble::NoSql.into()),
        }
        .map_err(|error| Error::from(error).at(&self.database))
    }

    /// Fails where the pool's first connection could not even be begun.
    fn can_begin(&self, pool: &PgPool) -> Result<(), Error> {
        match &self.database {
            Database::Postgres(address) if pool.size() == 0 => {
                address.can_be_looked_up().map_err(|error| error.at(&self.database))
            }
            _ => Ok(()),
        }
    }

    /// Waits for the next connection that is free, as long as it takes.
    ///
    /// Where nobody answers, or nobody any more, a pool tries again and again, and
    /// does not say so. A connection of our own fails there, and says why. While
    /// others have the connections there is nothing to ask.
    async fn next<D: sqlx::Database>(&self, pool: &sqlx::Pool<D>) -> Result<Lent<D>, Error> {
        let mut next = pin!(pool.acquire());
        loop {
            match timeout(SOON, &mut next).await {
                Ok(Ok(connection)) => return Ok(Lent::new(connection, &self.use_made)),
                Ok(Err(error)) => return Err(Error::from(error).at(&self.database)),
                Err(_) if lock(&self.use_made).is_idle() => self.is_there().await?,
                Err(_) => {}
            }
        }
    }

    /// Fails if the database lets nobody in. Whoever comes while somebody else asks
    /// takes the answer to that.
    async fn is_there(&self) -> Result<(), Error> {
        let came = Instant::now();
        let mut answer = self.answer.lock().await;
        if let Some(answer) = answer.as_ref().filter(|answer| answer.at > came) {
            return answer.is_there.clone();
        }
        let is_there = async { self.database.connect_async().await?.close().await }.await;
        *answer = Some(Answer { at: Instant::now(), is_there: is_there.clone() });
        is_there
    }
}

impl Use {
    /// Whether nobody has had a connection for so long that something is wrong.
    fn is_idle(&self) -> bool {
        self.lent == 0 && self.since.elapsed() >= SOON
    }

    fn lend(&mut self) {
        (self.lent, self.since) = (self.lent + 1, Instant::now());
    }

    fn take_back(&mut self) {
        (self.lent, self.since) = (self.lent - 1, Instant::now());
    }
}

fn lock(use_made: &Mutex<Use>) -> MutexGuard<'_, Use> {
    use_made.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool's connection in somebody's hands.
struct Lent<D: sqlx::Database> {
    connection: PoolConnection<D>,
    use_made: Arc<Mutex<Use>>,
}

impl<D: sqlx::Database> Lent<D> {
    fn new(connection: PoolConnection<D>, use_made: &Arc<Mutex<Use>>) -> Self {
        lock(use_made).lend();
        Self { connection, use_made: Arc::clone(use_made) }
    }
}

impl<D: sqlx::Database> Drop for Lent<D> {
    fn drop(&mut self) {
        lock(&self.use_made).take_back();
    }
}

impl<D: sqlx::Database> Deref for Lent<D> {
    type Target = PoolConnection<D>;

    fn deref(&self) -> &PoolConnection<D> {
        &self.connection
    }
}

impl<D: sqlx::Database> DerefMut for Lent<D> {
    fn deref_mut(&mut self) -> &mut PoolConnection<D> {
        &mut self.connection
    }
}

/// When a connection that does not come is worth a question.
const SOON: Duration = Duration::from_secs(1);

/// Longer than anybody waits for a connection.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

fn options<D: sqlx::Database>(most: u32) -> PoolOptions<D> {
    // The pool would also log how slow it is, in the middle of a transcript.
    let options = PoolOptions::new().max_connections(most).acquire_slow_threshold(NEVER);
    options.acquire_timeout(NEVER)
}

fn sqlite_options(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE)
        .row_buffer_size(ROWS_AHEAD)
        // As Postgres has it; SQLite's own LIKE ignores case.
        .pragma("case_sensitive_like", "ON")
        .disable_statement_logging()
}

#[cfg(all(test, unix))]
mod tests {
    use futures::future::try_join_all;

    use super::*;

    const SLOW: &str = "\
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) \
        SELECT count(*) FROM n";

    /// They wait for longer than it takes to ask why, and for the connection that
    /// there is: the file has no name any more by which another could be opened.
    #[tokio::test(flavor = "current_thread")]
    async fn who_waits_for_a_busy_connection_opens_no_other() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pool = Pool::new(&Database::Sqlite(file.path().to_owned()), 1);
        assert_eq!(pool.integer("SELECT 1").await.unwrap(), Some(1));
        file.close().unwrap();
        let answers = try_join_all((0..4).map(|_| pool.integer(SLOW))).await;
        assert_eq!(answers.unwrap(), [Some(5_000_000); 4]);
    }
}
