//! A connection to a MongoDB server that blocks the thread.
//!
//! The driver has a feature for that, which panics where an event loop runs already.
//! Here its client has an event loop on a thread of its own, and whoever asks waits for
//! what comes from there: a call that blocks like any other, on whatever thread.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::monitored::Monitored;
use super::staging::Staging;
use super::{Address, LONGEST_LIMIT, shared};
use crate::Database;
use crate::error::{Error, Trouble};

/// The event loop of the driver's client. When this is dropped, both end.
pub(super) struct EventLoop {
    monitored: Arc<Monitored>,
    handle: Handle,
    _until: oneshot::Sender<()>,
}

impl EventLoop {
    fn start(address: &Address) -> Result<Self, Error> {
        let event_loop = Builder::new_current_thread().enable_all().build()?;
        let handle = event_loop.handle().clone();
        let (until, ended) = oneshot::channel::<()>();
        let run = move || {
            let _ = event_loop.block_on(ended);
        };
        thread::Builder::new().name("mongodb".to_owned()).spawn(run)?;
        let monitored = {
            let _inside = handle.enter();
            Arc::new(Monitored::start(&address.options)?)
        };
        Ok(Self { monitored, handle, _until: until })
    }

    /// Blocks until the work is done.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (tell, told) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // The caller waits for it.
            let _ = tell.send(work.await);
        });
        let panicked = || Trouble::Other("the driver has panicked".to_owned()).into();
        told.recv().unwrap_or_else(|_| Err(panicked()))
    }
}

/// A connection that may be used and dropped anywhere.
pub struct Client {
    event_loop: Arc<EventLoop>,
    name: String,
    database: Database,
    limit: Option<Duration>,
    pub(super) staging: Option<Staging>,
}

impl Client {
    /// Fails, too, if no server lets it in within its patience.
    pub(crate) fn connect(address: &Address, database: &Database) -> Result<Self, Error> {
        address.can_be_looked_up()?;
        let event_loop = shared(&address.shared.on_its_own, || EventLoop::start(address))?;
        let (monitored, patience) = (Arc::clone(&event_loop.monitored), address.patience);
        event_loop.wait(async move { monitored.opened(patience).await })?;
        let (name, database) = (address.name().to_owned(), database.clone());
        Ok(Self { event_loop, name, database, limit: None, staging: None })
    }

    pub(crate) fn limit_statements(&mut self, to: Duration) {
        self.limit = Some(to.min(LONGEST_LIMIT));
    }

    /// How long an operation may take: it is to be told to the server, as its `max_time`.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Blocks until the work on the database is done.
    pub fn run<T, Work>(&self, work: impl FnOnce(mongodb::Database) -> Work) -> Result<T, Error>
    where
        T: Send + 'static,
        Work: Future<Output = mongodb::error::Result<T>> + Send + 'static,
    {
        let monitored = Arc::clone(&self.event_loop.monitored);
        let work = work(monitored.client.database(&self.name));
        let limit = self.limit;
        let done = self.event_loop.wait(async move { monitored.watch_within(limit, work).await });
        done.map_err(|error| error.at(&self.database))
    }

    /// Begins some work on the database, for which nobody waits.
    pub(super) fn spawn<Work>(&self, work: impl FnOnce(mongodb::Database) -> Work) -> AbortHandle
    where
        Work: Future<Output = ()> + Send + 'static,
    {
        let EventLoop { monitored, handle, .. } = &*self.event_loop;
        handle.spawn(work(monitored.client.database(&self.name))).abort_handle()
    }

    /// What the collection is called at present: a generator fills one of another name,
    /// which gets this one when all of it is there.
    pub fn collection(&self, name: &str) -> String {
        self.staging.as_ref().map_or_else(|| name.to_owned(), |staging| staging.name_of(name))
    }
}
