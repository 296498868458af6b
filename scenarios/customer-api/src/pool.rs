//! A bounded number of connections to the database, for whoever comes first.
//!
//! That no connection is free and that there is no database are told apart here:
//! where nobody has a connection, and none has answered lately, nobody can have one.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use database::{Database, Error, Trouble, asynchronous, blocking};
use futures::future::OptionFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};

use crate::{Order, Reply};

/// Whoever wants a new connection so soon after one could not be opened takes that
/// for the answer. A question from each would keep everybody waiting for it.
const TAKEN_FOR_AN_ANSWER: Duration = Duration::from_millis(250);

/// Why the database has given no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody has given a connection back in time.
    #[error(
        "{} taken for {} s; try again in a second",
        all(*most, *connections),
        patience.as_secs_f64()
    )]
    Exhausted {
        /// How many of them it might have had.
        most: usize,
        /// How many there are.
        connections: usize,
        /// How long a request waits for one.
        patience: Duration,
    },
    /// As many want something slow as may.
    #[error(
        "there may be no more than {} at once, with those that wait; try again in a second",
        reports(*most)
    )]
    TooMany {
        /// How many may.
        most: usize,
    },
    /// The database has ended the statement: it took longer than it may.
    #[error(
        "the database has ended this, which may take {} s at most; {}",
        limit.as_secs_f64(),
        and_now(*is_safe)
    )]
    Ended {
        /// What the driver says.
        why: Error,
        /// How long a statement may take.
        limit: Duration,
        /// Whether it was to change nothing.
        is_safe: bool,
    },
    /// There is no database that lets anybody in.
    #[error("{}; try again in a few seconds", gone(why))]
    Gone {
        /// What the driver says.
        why: Error,
        /// Whether only a connection from before is known to have ended.
        was_reused: bool,
    },
    /// It went away in the middle of a change.
    #[error(
        "the database is gone, and whether it has made the change is not known; look at it in a few seconds"
    )]
    Lost(Error),
    /// Somebody else writes to it, for longer than SQLite waits.
    #[error("the database has been locked for too long; try again in a second")]
    Locked,
    /// Anything else.
    #[error("the database has failed")]
    Failed(Error),
    /// The look-up panicked, or the server was stopped before it began.
    #[error("the look-up has failed")]
    Broken(#[from] JoinError),
}

fn all(most: usize, connections: usize) -> String {
    let of_its_kind = if most < connections { " for reports" } else { "" };
    match most {
        1 => format!("the one connection to the database{of_its_kind} was"),
        more => format!("all {more} connections to the database{of_its_kind} were"),
    }
}

fn reports(most: usize) -> String {
    match most {
        1 => "one report".to_owned(),
        more => format!("{more} reports"),
    }
}

fn and_now(is_safe: bool) -> &'static str {
    if is_safe {
        "try again when there is less to do"
    } else {
        "the change has not been made, and may be tried again"
    }
}

impl Unanswered {
    /// What there is to know of it for who runs the server.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Gone { why, .. }
            | Self::Ended { why, .. }
            | Self::Lost(why)
            | Self::Failed(why) => why.to_string(),
            Self::Broken(error) => error.to_string(),
            Self::Exhausted { .. } | Self::TooMany { .. } | Self::Locked => self.to_string(),
        }
    }
}

/// A machine that is busy may need a while to let somebody in.
fn gone(why: &Error) -> String {
    match why.trouble {
        Trouble::Silent(time) => {
            format!("the database has let nobody in for {} s", time.as_secs_f64())
        }
        _ => "the database is gone".to_owned(),
    }
}

/// How many connections there may be, and for how long anybody waits for one or has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    /// How many of them may be at something slow, so that the others are left to what
    /// is quick.
    pub(crate) for_slow: usize,
    /// How many may be at something slow or wait to be; who is one more is refused.
    pub(crate) slow: usize,
    /// How long to wait for a place.
    pub(crate) patience: Duration,
    /// How long to wait until the database lets somebody in.
    pub(crate) opening: Duration,
    /// How long the database may take over a statement.
    pub(crate) statement: Duration,
}

/// Connections of one kind: those that wait, or those that block.
pub struct Pool<C>(Arc<Shared<C>>);

struct Shared<C> {
    database: Database,
    limits: Limits,
    places: Arc<Semaphore>,
    /// Those of them that may be taken for long.
    slow_places: Arc<Semaphore>,
    /// For those who have such a place and those who wait for one.
    admissions: Arc<Semaphore>,
    idle: Mutex<Vec<C>>,
    /// How many connections are in somebody's hands.
    in_use: AtomicUsize,
    /// When the database has last let somebody in, or answered.
    answered: Mutex<Option<Instant>>,
    /// When a connection could last not be opened, and why.
    refusal: Mutex<Option<(Instant, Error)>>,
}

impl<C> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Pool<C> {
    /// Opens none yet.
    pub(crate) fn new(database: Database, limits: Limits) -> Self {
        let most = limits.slow.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Shared {
            database: database.with_connect_timeout(limits.opening),
            limits,
            places: Arc::new(Semaphore::new(limits.connections)),
            slow_places: Arc::new(Semaphore::new(limits.for_slow)),
            admissions: Arc::new(Semaphore::new(most)),
            idle: Mutex::default(),
            in_use: AtomicUsize::new(0),
            answered: Mutex::default(),
            refusal: Mutex::default(),
        }))
    }

    /// Waits for a place, which is a connection or the right to open one. Who comes
    /// first is served first, and who wants something slow may not be let in at all.
    pub async fn next(&self, order: &Order) -> Result<Place<C>, Unanswered> {
        let (shared, came) = (&self.0, Instant::now());
        let admission = shared.admit(order)?;
        let Ok(permits) = timeout(shared.limits.patience, shared.permits(order)).await else {
            return Err(shared.why_none(order, came));
        };
        let idle = lock(&shared.idle).pop();
        let [slow, any] = permits;
        let permits = [admission, slow, any];
        let mut place = Place { pool: self.clone(), is_counted: false, idle, _permits: permits };
        if place.idle.is_some() {
            place.count();
        }
        Ok(place)
    }
}

impl<C> Shared<C> {
    /// Nobody waits here: a queue that only grows would serve nobody in time.
    fn admit(&self, order: &Order) -> Result<Option<OwnedSemaphorePermit>, Unanswered> {
        if order.is_quick() {
            return Ok(None);
        }
        let admission = Arc::clone(&self.admissions).try_acquire_owned();
        admission.map(Some).map_err(|_| Unanswered::TooMany { most: self.limits.slow })
    }

    /// Who wants something slow waits for its turn among those first: nobody who is
    /// quick stands behind it.
    async fn permits(&self, order: &Order) -> [Option<OwnedSemaphorePermit>; 2] {
        let slow = if order.is_quick() { None } else { Some(&self.slow_places) };
        let slow = OptionFuture::from(slow.map(|places| Arc::clone(places).acquire_owned())).await;
        let any = Arc::clone(&self.places).acquire_owned().await;
        // They are never closed.
        [slow.and_then(Result::ok), any.ok()]
    }

    /// Why this has had no place since then.
    fn why_none(&self, order: &Order, came: Instant) -> Unanswered {
        let has_answered = lock(&self.answered).is_some_and(|at| at >= came);
        if has_answered || self.in_use.load(Ordering::SeqCst) > 0 {
            let Limits { connections, for_slow, patience, .. } = self.limits;
            let most = if order.is_quick() { connections } else { for_slow };
            return Unanswered::Exhausted { most, connections, patience };
        }
        // Those who have the places have no connection either: they wait for one.
        let why = self.refusal().unwrap_or_else(|| self.silent(self.limits.patience));
        Unanswered::Gone { why, was_reused: false }
    }

    fn has_answered(&self) {
        *lock(&self.answered) = Some(Instant::now());
    }

    fn refusal(&self) -> Option<Error> {
        let refusal = lock(&self.refusal);
        let recent = refusal.as_ref().filter(|(at, _)| at.elapsed() < TAKEN_FOR_AN_ANSWER);
        recent.map(|(_, why)| why.clone())
    }

    fn silent(&self, time: Duration) -> Error {
        Error::from(Trouble::Silent(time)).at(&self.database)
    }
}

/// A place among those that ask the database. It is free again when this is dropped.
pub struct Place<C> {
    pool: Pool<C>,
    idle: Option<C>,
    is_counted: bool,
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

impl Place<asynchronous::Connection> {
    /// Does what is asked for, and gives the thread back while it waits.
    pub async fn carry_out(mut self, order: &Order) -> Result<Reply, Unanswered> {
        let shared = Arc::clone(&self.pool.0);
        let idle = self.idle.take();
        let was_reused = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                self.may_open()?;
                let opened = async {
                    let mut connection = shared.database.connect_async().await?;
                    connection.limit_statements(shared.limits.statement).await?;
                    Ok(connection)
                };
                self.opened(opened.await)?
            }
        };
        let done = order.carry_out(&mut connection).await;
        self.end(connection, order, done, was_reused)
    }
}

impl Place<blocking::Connection> {
    /// Does what is asked for, and blocks the thread until it is done.
    pub fn carry_out(mut self, order: &Order) -> Result<Reply, Unanswered> {
        let idle = self.idle.take();
        let was_reused = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                self.may_open()?;
                let Shared { database, limits, .. } = &*self.pool.0;
                let opened = database.connect().and_then(|mut connection| {
                    connection.limit_statements(limits.statement)?;
                    Ok(connection)
                });
                self.opened(opened)?
            }
        };
        let done = order.carry_out_blocking(&mut connection);
        self.end(connection, order, done, was_reused)
    }
}

impl<C> Place<C> {
    fn may_open(&self) -> Result<(), Unanswered> {
        match self.pool.0.refusal() {
            Some(why) => Err(Unanswered::Gone { why, was_reused: false }),
            None => Ok(()),
        }
    }

    fn opened(&mut self, opened: Result<C, Error>) -> Result<C, Unanswered> {
        match opened {
            Ok(connection) => {
                self.count();
                self.pool.0.has_answered();
                Ok(connection)
            }
            Err(why) if is_gone(&why.trouble) => {
                *lock(&self.pool.0.refusal) = Some((Instant::now(), why.clone()));
                Err(Unanswered::Gone { why, was_reused: false })
            }
            Err(why) => Err(Unanswered::Failed(why)),
        }
    }

    /// Keeps the connection for the next one, unless it has come to its end.
    fn end(
        self,
        connection: C,
        order: &Order,
        done: Result<Reply, Error>,
        was_reused: bool,
    ) -> Result<Reply, Unanswered> {
        let idle = &self.pool.0.idle;
        let why = match done {
            Ok(reply) => {
                self.pool.0.has_answered();
                lock(idle).push(connection);
                return Ok(reply);
            }
            Err(why) => why,
        };
        match why.trouble {
            Trouble::Stopped(_) | Trouble::NobodyThere(_) => {
                // The others were open as long ago, and have come to their end too. Some say
                // goodbye when they are dropped, for which nobody else is to wait.
                let others = mem::take(&mut *lock(idle));
                drop(others);
                if order.is_safe() {
                    return Err(Unanswered::Gone { why, was_reused });
                }
                Err(Unanswered::Lost(why))
            }
            Trouble::Locked => {
                lock(idle).push(connection);
                Err(Unanswered::Locked)
            }
            Trouble::Ended(_) => {
                self.pool.0.has_answered();
                lock(idle).push(connection);
                let limit = self.pool.0.limits.statement;
                Err(Unanswered::Ended { why, limit, is_safe: order.is_safe() })
            }
            _ => Err(Unanswered::Failed(why)),
        }
    }

    /// From here on it has a connection.
    fn count(&mut self) {
        self.is_counted = true;
        self.pool.0.in_use.fetch_add(1, Ordering::SeqCst);
    }
}

impl<C> Drop for Place<C> {
    fn drop(&mut self) {
        if self.is_counted {
            self.pool.0.in_use.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Whether nobody is there who could let somebody in.
fn is_gone(trouble: &Trouble) -> bool {
    use Trouble::{CannotOpen, NoDatabase, NoFile, NobodyThere, Silent, Stopped};
    matches!(trouble, NobodyThere(_) | Silent(_) | Stopped(_) | NoDatabase | NoFile | CannotOpen)
}

/// Nothing that is done under these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use futures::future::{FutureExt, join_all};
    use tokio::task::spawn_blocking;
    use tokio::time::advance;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    fn limits(connections: usize, for_slow: usize) -> Limits {
        let (opening, statement) = (PATIENCE * 2, Duration::from_secs(3600));
        Limits { connections, for_slow, slow: 100, patience: PATIENCE, opening, statement }
    }

    fn pool(database: Database, connections: usize) -> Pool<asynchronous::Connection> {
        Pool::new(database, limits(connections, connections))
    }

    fn find() -> Order {
        Order::Find { id: 1 }
    }

    /// More ask than there are places, so that some wait for those who get nowhere.
    #[tokio::test]
    async fn a_database_that_lets_nobody_in_is_gone_also_for_who_has_no_place() {
        // The system accepts, and nobody says anything.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://me@{}/customers", silent.local_addr().unwrap());
        let pool = pool(Database::parse(&url).unwrap(), 2);
        let answers =
            join_all((0..10).map(async |_| pool.next(&find()).await?.carry_out(&find()).await));
        for answer in answers.await {
            let Err(Unanswered::Gone { why, was_reused: false }) = answer else {
                panic!("{answer:?}")
            };
            assert!(matches!(why.trouble, Trouble::Silent(_)), "{why}");
            let told = Unanswered::Gone { why, was_reused: false }.to_string();
            assert!(told.starts_with("the database has let nobody in for 0."), "{told}");
        }
    }

    #[tokio::test]
    async fn a_driver_that_blocks_gives_up_on_a_silent_database_as_well() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://me@{}/customers", silent.local_addr().unwrap());
        let pool: Pool<blocking::Connection> =
            Pool::new(Database::parse(&url).unwrap(), limits(1, 1));
        let place = pool.next(&find()).await.unwrap();
        let Err(Unanswered::Gone { why, .. }) =
            spawn_blocking(move || place.carry_out(&find())).await.unwrap()
        else {
            panic!("nobody is there")
        };
        assert_eq!(why.trouble, Trouble::Silent(PATIENCE * 2));
    }

    #[tokio::test]
    async fn who_waits_for_those_who_wait_for_a_connection_is_not_told_that_all_are_in_use() {
        let pool = pool(Database::Sqlite("nowhere".into()), 2);
        let _places = (pool.next(&find()).await.unwrap(), pool.next(&find()).await.unwrap());
        let other = pool.next(&find()).await.err();
        assert!(matches!(other, Some(Unanswered::Gone { .. })), "{other:?}");
    }

    #[tokio::test]
    async fn what_is_slow_takes_no_place_that_is_kept_for_what_is_quick() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let database = Database::Sqlite(file.path().to_owned());
        let pool: Pool<asynchronous::Connection> = Pool::new(database.clone(), limits(3, 2));
        let report = Order::Report { id: 1 };
        let mut slow = [pool.next(&report).await.unwrap(), pool.next(&report).await.unwrap()];
        for place in &mut slow {
            place.opened(database.connect_async().await).unwrap();
        }
        let third = pool.next(&report).await.err().unwrap().to_string();
        let wanted = "all 2 connections to the database for reports were taken for 0.1 s; \
                      try again in a second";
        assert_eq!(third, wanted);
        let quick = pool.next(&find()).await.unwrap();
        let other = pool.next(&find()).await.err().unwrap().to_string();
        assert!(other.starts_with("all 3 connections to the database were taken"), "{other}");
        drop((slow, quick));
        assert!(pool.next(&report).await.is_ok());
    }

    #[tokio::test]
    async fn of_what_is_slow_no_more_is_let_in_than_may_be_and_those_who_wait_count() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let limits = Limits { slow: 2, ..limits(3, 1) };
        let pool: Pool<asynchronous::Connection> =
            Pool::new(Database::Sqlite(file.path().to_owned()), limits);
        let report = Order::Report { id: 1 };
        let _first = pool.next(&report).await.unwrap();
        let mut second = Box::pin(pool.next(&report));
        assert!((&mut second).now_or_never().is_none(), "it waits");
        let third = pool.next(&report).now_or_never().expect("it does not wait").err();
        let told = third.map(|why| why.to_string()).unwrap_or_default();
        let wanted = "there may be no more than 2 reports at once, with those that wait; \
                      try again in a second";
        assert_eq!(told, wanted);
        assert!(pool.next(&find()).now_or_never().is_some_and(|place| place.is_ok()));
        drop(second);
        assert!(pool.next(&report).now_or_never().is_none(), "one may wait again");
    }

    #[tokio::test]
    async fn places_in_use_are_no_sign_of_a_database_that_is_gone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pool = pool(Database::Sqlite(file.path().to_owned()), 1);
        let no_table = pool.next(&find()).await.unwrap().carry_out(&find()).await;
        assert!(matches!(no_table, Err(Unanswered::Failed(_))), "{no_table:?}");
        let mut place = pool.next(&find()).await.unwrap();
        place.opened(pool.0.database.connect_async().await).unwrap();
        let other = pool.next(&find()).await.err();
        assert!(matches!(other, Some(Unanswered::Exhausted { most: 1, .. })), "{other:?}");
        drop(place);
        assert!(pool.next(&find()).await.is_ok());
    }

    /// The one who has just been handed a place has no connection yet.
    #[tokio::test]
    async fn a_database_that_has_just_answered_is_not_gone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pool = pool(Database::Sqlite(file.path().to_owned()), 1);
        let find = find();
        let _place = pool.next(&find).await.unwrap();
        let (other, ()) = tokio::join!(pool.next(&find), async { pool.0.has_answered() });
        assert!(matches!(other, Err(Unanswered::Exhausted { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_right_after_a_refusal_takes_it_for_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.sqlite");
        let pool: Pool<blocking::Connection> =
            Pool::new(Database::Sqlite(path.clone()), limits(1, 1));
        let refused = async || pool.next(&find()).await.unwrap().carry_out(&find()).unwrap_err();
        assert!(matches!(refused().await, Unanswered::Gone { .. }));
        std::fs::File::create(path).unwrap();
        assert!(matches!(refused().await, Unanswered::Gone { .. }), "the file is not looked for");
        advance(TAKEN_FOR_AN_ANSWER).await;
        let found = refused().await;
        assert!(matches!(found, Unanswered::Failed(_)), "a file without tables, not {found:?}");
    }
}
