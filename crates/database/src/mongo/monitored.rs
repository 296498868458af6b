//! The driver's client, and what its monitors say of the servers.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::{ClientOptions, ServerAddress};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::{Error, Trouble};
use crate::server::OVERDUE;

pub(super) struct Monitored {
    pub(super) client: mongodb::Client,
    servers: watch::Receiver<Servers>,
}

/// What is known of each server.
#[derive(Default)]
struct Servers(HashMap<ServerAddress, State>);

enum State {
    Unknown,
    Up,
    /// A connection from before has ended, which may say nothing about new ones.
    Doubtful,
    Down(Error),
}

impl Monitored {
    /// Begins to look for the servers. An event loop has to run it.
    pub(super) fn start(options: &ClientOptions) -> Result<Self, Error> {
        let known = options.hosts.iter().map(|host| (host.clone(), State::Unknown)).collect();
        let (tell, servers) = watch::channel(Servers(known));
        let tell = Arc::new(tell);
        let mut options = options.clone();
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            tell.send_if_modified(|servers| servers.hear(event));
        }));
        Ok(Self { client: mongodb::Client::with_options(options)?, servers })
    }

    /// Waits until a server has let us in, for so long at most.
    pub(super) async fn opened(&self, patience: Duration) -> Result<(), Error> {
        let admin = self.client.database("admin");
        let ping = async { admin.run_command(doc! { "ping": 1 }).await.map(drop) };
        let opened = timeout(patience, self.watch(ping)).await;
        opened.map_err(|_| Trouble::Silent(patience))?
    }

    /// Waits until the work is done, or the monitors find that nobody is there. The driver
    /// would wait for a server to come back, for half a minute.
    pub(super) async fn watch<T>(
        &self,
        work: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            done = work => done.map_err(Error::from),
            why = self.gone() => Err(why),
        }
    }

    /// The same for work that the server is to end after such a limit: it may be busy, and
    /// gets a little longer.
    pub(super) async fn watch_within<T>(
        &self,
        limit: Option<Duration>,
        work: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, Error> {
        let Some(limit) = limit else { return self.watch(work).await };
        let longest = limit + OVERDUE;
        let in_time = timeout(longest, self.watch(work)).await;
        let silent = || format!("it has not answered for {} s", longest.as_secs_f64());
        in_time.map_err(|_| Trouble::Stopped(silent()))?
    }

    /// Returns when it is found from now on that nobody is there. What was found before
    /// may not be so any more.
    async fn gone(&self) -> Error {
        let mut servers = self.servers.clone();
        servers.mark_unchanged();
        while servers.changed().await.is_ok() {
            if let Some(why) = servers.borrow_and_update().all_down() {
                return why;
            }
        }
        pending().await
    }
}

impl Servers {
    /// Whether something was found out by it.
    fn hear(&mut self, event: SdamEvent) -> bool {
        match event {
            SdamEvent::ServerHeartbeatSucceeded(event) => {
                self.0.insert(event.server_address, State::Up);
            }
            SdamEvent::ServerHeartbeatFailed(event) => {
                let why = Error::from(event.failure);
                let state = self.0.entry(event.server_address).or_insert(State::Unknown);
                let is_refusal = matches!(why.trouble, Trouble::NobodyThere(_));
                *state = match state {
                    State::Up if !is_refusal => State::Doubtful,
                    _ => State::Down(why),
                };
            }
            SdamEvent::ServerClosed(event) => {
                self.0.remove(&event.address);
            }
            _ => return false,
        }
        true
    }

    /// Why, if none of them is there.
    fn all_down(&self) -> Option<Error> {
        let mut why = None;
        for state in self.0.values() {
            let State::Down(error) = state else { return None };
            why = Some(error.clone());
        }
        why
    }
}
