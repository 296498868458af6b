//! A SQLite connection that can be awaited. Its calls block, so it lives on a thread of
//! its own, and callers send it what it is to do.
//!
//! ```
//! use wire_client::sqlite::{Settings, Sqlite};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), wire_client::sqlite::Error> {
//! let database = Sqlite::open(":memory:", Settings::default()).await?;
//! let two: i64 = database.call(|it| it.query_row("SELECT 1 + 1", [], |row| row.get(0))).await?;
//! assert_eq!(two, 2);
//! database.close().await;
//! # Ok(())
//! # }
//! ```

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

/// What a database is given beside its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many calls may stand in the queue; one more waits until there is room. At
    /// least 1.
    pub queue: usize,
    /// What the thread is called.
    pub thread: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { queue: 16, thread: "sqlite".to_owned() }
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database says no.
    #[error("the database refuses: {0}")]
    Refused(#[from] rusqlite::Error),
    /// The system gives no thread.
    #[error("no thread can be started for the database: {0}")]
    NoThread(#[source] io::Error),
    /// It was closed before the call was taken.
    #[error("the database is closed")]
    Closed,
}

/// A connection on a thread of its own. Cloning gives another handle to the same one:
/// callers on any task share it, and one call runs at a time, in the order in which
/// they found room in the queue.
///
/// With the last handle the thread ends, when it has done what it had taken.
#[derive(Debug, Clone)]
pub struct Sqlite {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
    Close(oneshot::Sender<()>),
}

/// What a caller gets from the thread: the closure's own, or what it panicked with.
type Answer<T> = Result<rusqlite::Result<T>, Box<dyn Any + Send>>;

impl Sqlite {
    /// Starts the thread, which opens the database: that blocks too.
    pub async fn open(path: impl Into<PathBuf>, settings: Settings) -> Result<Self, Error> {
        let (path, Settings { queue, thread }) = (path.into(), settings);
        let (jobs, taken) = mpsc::channel(queue.max(1));
        let (tell, opened) = oneshot::channel();
        let live = move || match Connection::open(path) {
            // Who does not wait for it any more has no use for it.
            Ok(connection) => drop(tell.send(Ok(())).map(|()| run(connection, taken))),
            Err(error) => drop(tell.send(Err(error))),
        };
        thread::Builder::new().name(thread).spawn(live).map_err(Error::NoThread)?;
        opened.await.map_err(|_ended| Error::Closed)??;
        Ok(Self { jobs })
    }

    /// Does this with the connection, on its thread, and gives what it gives.
    ///
    /// Who stops waiting before its turn has come has asked for nothing: the closure is
    /// dropped. Whose closure is running already, it runs to its end, as any call of a
    /// blocking driver does, and its result is thrown away.
    ///
    /// # Panics
    ///
    /// When the closure does, with what it panicked with: the panic is its caller's, and
    /// the thread goes on. A transaction that it left open is rolled back.
    pub async fn call<T, F>(&self, act: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (tell, answer) = oneshot::channel::<Answer<T>>();
        let span = Span::current();
        let run = move |connection: &mut Connection| {
            if tell.is_closed() {
                return;
            }
            // The caller's lane holds this thread then, and the picture shows it.
            let act = || span.in_scope(|| act(connection));
            let answer = catch_unwind(AssertUnwindSafe(act));
            // Who has gone meanwhile is not told.
            let _ = tell.send(answer);
        };
        self.jobs.send(Job::Run(Box::new(run))).await.map_err(|_closed| Error::Closed)?;
        match answer.await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_closed) => Err(Error::Closed),
        }
    }

    /// Waits until all calls that found room in the queue are done, and the file is
    /// closed. Every later one is refused, on all handles.
    pub async fn close(self) {
        let (tell, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(tell)).await.is_err() {
            // Somebody else closes it, and has the thread let go of the queue last.
            return self.jobs.closed().await;
        }
        // The thread only ends otherwise when it panics, and closes the file then too.
        let _ = closed.await;
    }
}

/// What the thread does, until nobody has a handle or somebody closes it.
fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut closing = Vec::new();
    while let Some(job) = jobs.blocking_recv() {
        match job {
            Job::Run(act) => {
                act(&mut connection);
                leave_no_transaction(&connection);
            }
            Job::Close(tell) => {
                // What stands in the queue by now was accepted, and is done first.
                jobs.close();
                closing.push(tell);
            }
        }
    }
    drop(connection);
    for tell in closing {
        // Who has given up does not wait.
        let _ = tell.send(());
    }
}

/// A closure that panicked or failed half way may have begun one by words, and the next
/// caller would be inside of it.
fn leave_no_transaction(connection: &Connection) {
    if !connection.is_autocommit() {
        // SQLite ends a transaction by itself where it cannot go on with it.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc as blocking;
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    /// Longer than any of them takes, on a machine that is busy.
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn in_time<T>(future: impl Future<Output = T>) -> T {
        tokio::time::timeout(PATIENCE, future).await.expect("it hangs")
    }

    async fn open(queue: usize) -> Sqlite {
        let settings = Settings { queue, ..Settings::default() };
        in_time(Sqlite::open(":memory:", settings)).await.unwrap()
    }

    /// Holds the thread until it is told to go on; gives what tells it, when it does.
    async fn hold(database: &Sqlite) -> (blocking::Sender<()>, tokio::task::JoinHandle<()>) {
        let (go_on, told) = blocking::channel();
        let (begun, begins) = oneshot::channel();
        let database = database.clone();
        let held = tokio::spawn(async move {
            let call = database.call(move |_| {
                begun.send(()).unwrap();
                told.recv_timeout(PATIENCE).expect("it is told");
                Ok(())
            });
            call.await.unwrap();
        });
        in_time(begins).await.unwrap();
        (go_on, held)
    }

    async fn count(database: &Sqlite) -> i64 {
        let count = "SELECT count(*) FROM numbers";
        in_time(database.call(|it| it.query_row(count, [], |row| row.get(0)))).await.unwrap()
    }

    async fn with_numbers(queue: usize) -> Sqlite {
        let database = open(queue).await;
        let create = "CREATE TABLE numbers (number INTEGER PRIMARY KEY)";
        in_time(database.call(|it| it.execute_batch(create))).await.unwrap();
        database
    }

    fn insert(number: i64) -> impl FnOnce(&mut Connection) -> rusqlite::Result<usize> {
        move |it| it.execute("INSERT INTO numbers VALUES (?)", [number])
    }

    #[tokio::test]
    async fn callers_share_one_connection_on_one_thread_of_its_own() {
        let database = with_numbers(4).await;
        let threads = join_all((0..100).map(|number| {
            database.call(move |it| {
                insert(number)(it)?;
                Ok(thread::current().name().map(str::to_owned))
            })
        }));
        for thread in in_time(threads).await {
            assert_eq!(thread.unwrap().as_deref(), Some("sqlite"));
        }
        assert_eq!(count(&database).await, 100);
    }

    #[tokio::test]
    async fn the_event_loop_turns_while_the_database_works() {
        let database = open(1).await;
        let (go_on, held) = hold(&database).await;
        // Only a loop that turns comes to this line.
        go_on.send(()).unwrap();
        in_time(held).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_pushes_back() {
        let database = with_numbers(2).await;
        let (go_on, held) = hold(&database).await;
        let mut calls: Vec<_> = (0..3).map(|it| Box::pin(database.call(insert(it)))).collect();
        assert!(calls.iter_mut().all(|call| call.now_or_never().is_none()));
        assert_eq!(database.jobs.capacity(), 0, "two have found room, and one waits for it");
        go_on.send(()).unwrap();
        assert!(in_time(join_all(calls)).await.into_iter().all(|call| call.is_ok()));
        in_time(held).await.unwrap();
        assert_eq!(count(&database).await, 3);
    }

    #[tokio::test]
    async fn who_stops_waiting_before_its_turn_has_asked_for_nothing() {
        let database = with_numbers(8).await;
        let (go_on, held) = hold(&database).await;
        let mut first = Box::pin(database.call(insert(1)));
        let mut second = Box::pin(database.call(insert(2)));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        go_on.send(()).unwrap();
        in_time(held).await.unwrap();
        in_time(second).await.unwrap();
        assert_eq!(count(&database).await, 1);
    }

    #[tokio::test]
    async fn who_stops_waiting_while_its_call_runs_disturbs_nobody() {
        let database = with_numbers(8).await;
        let (go_on, held) = hold(&database).await;
        held.abort();
        assert!(in_time(held).await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        in_time(database.call(insert(1))).await.unwrap();
        assert_eq!(count(&database).await, 1);
    }

    #[tokio::test]
    async fn a_panic_is_its_callers_and_leaves_no_transaction() {
        let database = with_numbers(4).await;
        let panics = database.call::<(), _>(|it| {
            it.execute_batch("BEGIN; INSERT INTO numbers VALUES (1)")?;
            panic!("on purpose")
        });
        let panic = in_time(AssertUnwindSafe(panics).catch_unwind()).await.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
        assert_eq!(count(&database).await, 0);
        in_time(database.call(|it| it.execute_batch("BEGIN; COMMIT"))).await.unwrap();
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_of_its_caller_alone() {
        let database = with_numbers(4).await;
        let refused = in_time(database.call(|it| it.execute_batch("SELEKT"))).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        assert_eq!(count(&database).await, 0);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_opened_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let opened = in_time(Sqlite::open(folder.path(), Settings::default())).await;
        assert!(matches!(opened, Err(Error::Refused(_))), "{opened:?}");
    }

    /// Resolves when the thread has ended.
    async fn end_of_thread(database: &Sqlite) -> impl Future<Output = ()> + use<> {
        thread_local! {
            static KEPT: RefCell<Option<oneshot::Sender<()>>> = const { RefCell::new(None) };
        }
        let (keep, ended) = oneshot::channel();
        let keep = |_: &mut Connection| {
            KEPT.with_borrow_mut(|kept| *kept = Some(keep));
            Ok(())
        };
        in_time(database.call(keep)).await.unwrap();
        ended.map(drop)
    }

    #[tokio::test]
    async fn the_thread_ends_with_the_last_handle() {
        let database = with_numbers(4).await;
        let mut ended = Box::pin(end_of_thread(&database).await);
        let other = database.clone();
        drop(database);
        in_time(other.call(insert(1))).await.unwrap();
        assert!(ended.as_mut().now_or_never().is_none(), "somebody has a handle");
        drop(other);
        in_time(ended).await;
    }

    #[tokio::test]
    async fn closing_waits_for_what_was_taken_and_refuses_the_rest_on_all_handles() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("numbers.db");
        let database = in_time(Sqlite::open(&file, Settings::default())).await.unwrap();
        let create = "CREATE TABLE numbers (number INTEGER PRIMARY KEY)";
        in_time(database.call(|it| it.execute_batch(create))).await.unwrap();
        let ended = end_of_thread(&database).await;
        let (go_on, held) = hold(&database).await;
        let mut calls: Vec<_> = (0..3).map(|it| Box::pin(database.call(insert(it)))).collect();
        assert!(calls.iter_mut().all(|call| call.now_or_never().is_none()));
        let mut closes = Box::pin(database.clone().close());
        assert!(closes.as_mut().now_or_never().is_none(), "it waits");
        // It has room behind that, and nobody knows yet.
        calls.push(Box::pin(database.call(insert(3))));
        assert!(calls[3].as_mut().now_or_never().is_none());
        go_on.send(()).unwrap();
        in_time(closes).await;
        for call in calls {
            let done = call.now_or_never().expect("it was done before the file was closed");
            assert_eq!(done.unwrap(), 1);
        }
        let late = in_time(database.call(insert(9))).await;
        assert!(matches!(late, Err(Error::Closed)), "{late:?}");
        in_time(database.clone().close()).await;
        in_time(ended).await;
        in_time(held).await.unwrap();
        let again = in_time(Sqlite::open(&file, Settings::default())).await.unwrap();
        assert_eq!(count(&again).await, 4);
    }
}
