//! The one transaction in which a generator does everything.
//!
//! In SQLite the journal is whatever the file has, which is the rollback journal
//! unless somebody chose another. New rows go to new pages at the end, of which a
//! rollback journal keeps nothing; a write-ahead log would write them twice.
//!
//! A MongoDB server has transactions only in a replica set; what stands for one here is
//! told in `mongo/staging.rs`.

use std::fs::File;
use std::time::Duration;

use crate::blocking::{Connection, Driver};
use crate::{Database, Error, Trouble};

/// Held until the connection ends, however it ends. The first number stands for
/// what is written, the second for the schema that it is written to.
const LOCK: &str = "SELECT pg_try_advisory_lock(\
    hashtext($1), hashtext(coalesce(current_schema(), '')))";

/// Dropped before it has committed, it leaves the database as it was.
pub(super) struct Transaction {
    pub(super) connection: Connection,
}

impl Transaction {
    /// Opens the database; makes the file if it is one of SQLite's and not there.
    pub(super) fn open(database: &Database) -> Result<Self, Error> {
        if let Database::Sqlite(path) = database {
            // An empty file is a database without tables.
            File::options().create(true).append(true).open(path)?;
        }
        Ok(Self { connection: connect(database)? })
    }

    /// Begins, and sees to it that this is the only generator with this lock.
    /// Gives false if there is another.
    pub(super) fn begin(&mut self, lock: &str) -> Result<bool, Error> {
        match &mut self.connection.driver {
            Driver::Sqlite(file) => unless_locked(file.execute_batch("BEGIN IMMEDIATE")),
            Driver::Postgres(client) => {
                // Before the transaction: one that has begun may go on believing
                // that there is no table, whoever creates it meanwhile.
                let locked = client.query_one(LOCK, &[&lock])?.try_get(0)?;
                if locked {
                    client.batch_execute("BEGIN")?;
                }
                Ok(locked)
            }
            #[cfg(feature = "mongodb")]
            Driver::Mongo(client) => client.begin(lock),
        }
    }

    /// Ends it. Gives false if another program is in the way.
    pub(super) fn commit(&mut self) -> Result<bool, Error> {
        match &mut self.connection.driver {
            Driver::Sqlite(file) => unless_locked(file.execute_batch("COMMIT")),
            Driver::Postgres(client) => {
                client.batch_execute("COMMIT")?;
                Ok(true)
            }
            #[cfg(feature = "mongodb")]
            Driver::Mongo(client) => client.commit().map(|()| true),
        }
    }
}

/// When a write has failed, SQLite leaves it to the next reader to put the file
/// back and to give the room back. That one is here.
impl Drop for Transaction {
    fn drop(&mut self) {
        if let Driver::Sqlite(file) = &self.connection.driver {
            // There may be no transaction, and then there is nothing to put back.
            let _ = file.execute_batch("ROLLBACK");
            let _ = file.execute_batch("SELECT 1 FROM sqlite_schema");
        }
        #[cfg(feature = "mongodb")]
        if let Driver::Mongo(client) = &mut self.connection.driver {
            client.roll_back();
        }
    }
}

/// A connection that does not wait for a file that is locked: whoever has it waits,
/// and tells of it.
pub(super) fn connect(database: &Database) -> Result<Connection, Error> {
    let connection = database.connect()?;
    if let Driver::Sqlite(file) = &connection.driver {
        file.busy_timeout(Duration::ZERO)?;
    }
    Ok(connection)
}

/// Both beginning and committing may be tried again when the file was locked.
fn unless_locked(result: rusqlite::Result<()>) -> Result<bool, Error> {
    match result.map_err(Error::from) {
        Ok(()) => Ok(true),
        Err(Error { trouble: Trouble::Locked, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
