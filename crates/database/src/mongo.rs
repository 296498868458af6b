//! MongoDB, for both kinds of client.
//!
//! The driver's client is more than a connection: it has a pool of them, and monitors
//! that watch the servers. So whoever opens a connection here while another has one
//! shares its client; when nobody has one any more, the client goes too.
//!
//! A client that has lost its server looks for it until its own time is over, and says
//! nothing meanwhile. Its monitors know better, and are asked: [`monitored`].

mod blocking;
mod monitored;
mod staging;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use mongodb::options::{ClientOptions, ServerAddress};

use crate::Database;
use crate::database::USUAL_PATIENCE;
use crate::error::{Error, Trouble};

pub use blocking::Client;
use blocking::EventLoop;
use monitored::Monitored;

/// The database that is used where nothing names one: MongoDB's own custom.
const USUAL_NAME: &str = "test";

/// Where MongoDB listens unless a URL says otherwise.
const USUAL_PORT: u16 = 27017;

/// The longest time that a server takes for one.
const LONGEST_LIMIT: Duration = Duration::from_millis(i32::MAX as u64);

/// Where a MongoDB database is. Holds the password, and never shows it.
#[derive(Clone)]
pub struct Address {
    options: ClientOptions,
    name: Option<String>,
    /// How long a server may take to let somebody in.
    patience: Duration,
    shared: Arc<Shared>,
}

/// What those share who have a connection.
#[derive(Default)]
struct Shared {
    /// It lives on one event loop at a time.
    on_callers_event_loop: Mutex<Weak<Monitored>>,
    on_its_own: Mutex<Weak<EventLoop>>,
}

impl Address {
    /// Reads a URL of `mongodb://…`.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        // Only the look-up of mongodb+srv would have to wait. What the parser says of a
        // bad URL may hold a part of the password.
        let parsed = ClientOptions::parse(url).into_future().now_or_never();
        let mut options = parsed.and_then(Result::ok).ok_or(Trouble::NotAUrl)?;
        let name = options.default_database.take();
        let patience = options.server_selection_timeout.unwrap_or(USUAL_PATIENCE);
        // Ours is to be over first: it can tell what it was.
        options.server_selection_timeout = Some(patience.saturating_mul(2));
        // How many may ask at once is bounded by whoever opens connections.
        options.max_pool_size.get_or_insert(u32::MAX);
        Ok(Self { options, name, patience, shared: Arc::default() })
    }

    /// The same with this database, where the URL names none.
    pub(crate) fn or_named(mut self, name: &str) -> Self {
        self.name.get_or_insert_with(|| name.to_owned());
        self
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(USUAL_NAME)
    }

    /// Fails where the system gives no thread: tokio looks a host's name up on one, and
    /// panics without.
    fn can_be_looked_up(&self) -> Result<(), Error> {
        let is_name = |server: &ServerAddress| matches!(server, ServerAddress::Tcp { host, .. } if host.parse::<IpAddr>().is_err());
        if self.options.hosts.iter().any(is_name) {
            // It does nothing, and so cannot panic.
            let _ = thread::Builder::new().spawn(|| ())?.join();
        }
        Ok(())
    }
}

/// The one that is there already, or else a new one.
fn shared<T>(
    slot: &Mutex<Weak<T>>,
    new: impl FnOnce() -> Result<T, Error>,
) -> Result<Arc<T>, Error> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = slot.upgrade() {
        return Ok(shared);
    }
    let shared = Arc::new(new()?);
    *slot = Arc::downgrade(&shared);
    Ok(shared)
}

/// A connection that gives the thread back while it waits.
pub struct AsyncClient {
    monitored: Arc<Monitored>,
    name: String,
    database: Database,
    limit: Option<Duration>,
}

impl AsyncClient {
    /// Fails, too, if no server lets it in within its patience.
    pub(crate) async fn connect(address: &Address, database: &Database) -> Result<Self, Error> {
        address.can_be_looked_up()?;
        let slot = &address.shared.on_callers_event_loop;
        let monitored = shared(slot, || Monitored::start(&address.options))?;
        monitored.opened(address.patience).await?;
        let (name, database) = (address.name().to_owned(), database.clone());
        Ok(Self { monitored, name, database, limit: None })
    }

    pub(crate) fn limit_statements(&mut self, to: Duration) {
        self.limit = Some(to.min(LONGEST_LIMIT));
    }

    /// How long an operation may take: it is to be told to the server, as its `max_time`.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Waits until the work on the database is done.
    pub async fn run<T, Work>(
        &self,
        work: impl FnOnce(mongodb::Database) -> Work,
    ) -> Result<T, Error>
    where
        Work: Future<Output = mongodb::error::Result<T>>,
    {
        let work = work(self.monitored.client.database(&self.name));
        self.monitored
            .watch_within(self.limit, work)
            .await
            .map_err(|error| error.at(&self.database))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.options.credential.as_ref().and_then(|it| it.username.as_deref());
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let hosts = self.options.hosts.iter().map(|server| match server {
            ServerAddress::Tcp { host, port } => format!("{host}:{}", port.unwrap_or(USUAL_PORT)),
            other => other.to_string(),
        });
        let hosts = hosts.collect::<Vec<_>>().join(",");
        write!(f, "mongodb://{user}{hosts}/{}", self.name())
    }
}
