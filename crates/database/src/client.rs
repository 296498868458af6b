//! A connection to a Postgres server that blocks the thread.
//!
//! It does what the crate `postgres` does: it runs an event loop of its own. That
//! crate begins the loop anew for every row of an answer, which takes as long as
//! to read the row; here it runs from the query to its last row.
//!
//! Tokio panics when one event loop runs inside another. So on the thread of an
//! event loop the calls are made by a second thread, for which the first one
//! waits: that loop is blocked for as long as by any other call that blocks.
//! On the threads of `spawn_blocking` no event loop runs, and the calls are made there;
//! but not below a `Handle::block_on` on such a thread, which cannot be told from it.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime, worker_index};
use tokio::task;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Client as Orders, Error as ServerError, Row};

use crate::database::Address;
use crate::error::Error;
use crate::row::{Of, Row as Reading, Value};
use crate::server::{Server, rows, value};

/// A connection that may be used and dropped anywhere.
pub struct Client(Option<Box<Open>>);

struct Open {
    event_loop: Runtime,
    server: Server,
}

const THERE: &str = "only the end takes the connection";

/// What a statement is given for its `$1`, `$2` and so on.
type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

impl Client {
    pub(crate) fn connect(address: &Address) -> Result<Self, Error> {
        let event_loop = Builder::new_current_thread().enable_all().build()?;
        match outside(|| event_loop.block_on(Server::connect(address))) {
            Ok(server) => Ok(Self(Some(Box::new(Open { event_loop, server })))),
            Err(error) => {
                event_loop.shutdown_background();
                Err(error)
            }
        }
    }

    /// Runs these statements, one after another.
    pub fn batch_execute(&mut self, statements: &str) -> Result<(), Error> {
        self.wait(async |orders| orders.batch_execute(statements).await)
    }

    /// The rows of the query's answer, all at once.
    pub fn query(&mut self, query: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        self.wait(async |orders| orders.query(query, parameters).await)
    }

    /// The one row of the query's answer.
    pub fn query_one(&mut self, query: &str, parameters: Parameters<'_>) -> Result<Row, Error> {
        self.wait(async |orders| orders.query_one(query, parameters).await)
    }

    /// Reads each row of the statement's answer.
    pub(crate) fn read<T: Send>(
        &mut self,
        statement: &str,
        parameters: &[Value],
        read: impl Fn(&Reading<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        let rows = self.wait(async |orders| rows(orders, statement, parameters).await)?;
        rows.iter().map(|row| read(&Reading(Of::Postgres(row)))).collect()
    }

    /// Has the server end each statement that takes longer.
    pub(crate) fn limit_statements(&mut self, to: Duration) -> Result<(), Error> {
        let Open { event_loop, server } = self.open();
        outside(|| event_loop.block_on(server.limit_statements(to)))
    }

    /// The value in the one row and column of the query's answer.
    pub(crate) fn value<T: FromSqlOwned + Send>(&mut self, query: &str) -> Result<T, Error> {
        self.wait(async |orders| value(orders, query).await)
    }

    pub(crate) fn for_each_row(
        &mut self,
        query: &str,
        each: impl FnMut(String, String) + Send,
    ) -> Result<(), Error> {
        let Open { event_loop, server } = self.open();
        outside(|| event_loop.block_on(server.for_each_row(query, each)))
    }

    /// Waits until the work is done.
    pub(crate) fn wait<T: Send>(
        &mut self,
        work: impl AsyncFnOnce(&Orders) -> Result<T, ServerError> + Send,
    ) -> Result<T, Error> {
        let Open { event_loop, server } = self.open();
        outside(|| event_loop.block_on(server.drive(work)))
    }

    /// Says goodbye to the server.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(open) = self.0.take() else { return Ok(()) };
        let Open { event_loop, server } = *open;
        let ended = outside(|| event_loop.block_on(server.close()));
        // An event loop may not be dropped where another one runs.
        event_loop.shutdown_background();
        ended
    }

    fn open(&mut self) -> &mut Open {
        self.0.as_mut().expect(THERE)
    }
}

/// Saying goodbye is a call as well.
impl Drop for Client {
    fn drop(&mut self) {
        // Nobody is left to be told what went wrong.
        let _ = self.end();
    }
}

/// Makes the call where no event loop runs. It fails, too, if the system gives no
/// thread for it.
fn outside<T: Send, E: Send + Into<Error>>(
    call: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, Error> {
    if may_run_an_event_loop() {
        return call().map_err(Into::into);
    }
    thread::scope(|scope| {
        let called = thread::Builder::new().spawn_scoped(scope, call)?.join();
        called.unwrap_or_else(|panic| resume_unwind(panic)).map_err(Into::into)
    })
}

/// Whether this thread runs none. One that tokio made for what blocks runs a task and is
/// no worker; one that waits in `block_on` is not always a worker, and runs no task.
fn may_run_an_event_loop() -> bool {
    Handle::try_current().is_err() || worker_index().is_none() && task::try_id().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtimes() -> [Runtime; 2] {
        [Builder::new_current_thread(), Builder::new_multi_thread()]
            .map(|mut builder| builder.worker_threads(1).enable_all().build().unwrap())
    }

    /// Tokio itself panics where the answer is wrong.
    fn can_run_one() -> bool {
        let event_loop = Builder::new_current_thread().build().unwrap();
        let can = may_run_an_event_loop();
        if can {
            event_loop.block_on(async {});
        }
        event_loop.shutdown_background();
        can
    }

    #[test]
    fn an_event_loop_may_run_where_none_does() {
        assert!(can_run_one(), "on a thread of nobody's");
        for runtime in runtimes() {
            let _entered = runtime.enter();
            let blocking = task::spawn_blocking(can_run_one);
            assert!(runtime.block_on(blocking).unwrap(), "on a thread for what blocks");
        }
    }

    #[test]
    fn no_event_loop_runs_inside_of_another() {
        for runtime in runtimes() {
            assert!(!runtime.block_on(async { can_run_one() }), "in block_on");
            let spawned = runtime.spawn(async { can_run_one() });
            assert!(!runtime.block_on(spawned).unwrap(), "in a task");
        }
    }
}
