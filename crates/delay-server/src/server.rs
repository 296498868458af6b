//! A server on a thread of its own.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime;
use tokio::sync::oneshot;
use tracing::error;

use crate::stats::Counts;
use crate::{Config, Listener, StartError, Stats, Visit};

/// A running server, on a thread and an event loop of its own: it answers
/// whatever the thread that started it is doing.
///
/// [`stop`](Self::stop) lets the waiting requests finish, dropping it does not.
#[derive(Debug)]
pub struct Server {
    url: String,
    counts: Arc<Counts>,
    grace: Duration,
    /// The thread, and the way to tell it how long requests may still take.
    /// `None` once it has been told.
    running: Option<(JoinHandle<()>, oneshot::Sender<Duration>)>,
}

impl Server {
    /// Starts a server and returns when clients can connect to it.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or the system gives no thread.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let listener = Listener::bind(&config)?;
        let url = listener.url().to_owned();
        let counts = listener.counts();
        let (tell, grace) = oneshot::channel();
        let (tell_begun, begun) = mpsc::channel();
        let stop = async { grace.await.unwrap_or_default() };
        let thread = thread::Builder::new().name("delay-server".to_owned()).spawn(move || {
            // Made here: where no thread can be started it would have to be dropped
            // inside of the caller's event loop, and that panics.
            let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
            let (runtime, made) = match runtime {
                Ok(runtime) => (Some(runtime), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // Whoever starts it waits for this.
            let _ = tell_begun.send(made);
            if let Some(Err(error)) = runtime.map(|runtime| runtime.block_on(listener.serve(stop)))
            {
                error!(target: "delay_server", %error, "cannot serve");
            }
        })?;
        begun.recv().unwrap_or_else(|error| Err(io::Error::other(error)))?;
        Ok(Self { url, counts, grace: config.grace, running: Some((thread, tell)) })
    }

    /// `http://localhost:PORT`, with the host of [`Config::addr`], the port that
    /// is in use, and no slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The figures as they are now.
    pub fn stats(&self) -> Stats {
        self.counts.stats()
    }

    /// The requests that it has seen, in the order in which they came: the newest
    /// [`Config::max_visits`] of them. Where that is 0, as it is unless somebody asks
    /// for more, there are none.
    pub fn visits(&self) -> Vec<Visit> {
        self.counts.visits()
    }

    /// Refuses new connections a moment later, lets the waiting requests finish within
    /// [`Config::grace`], and returns when the server is gone.
    pub fn stop(mut self) {
        self.stop_within(self.grace);
    }

    fn stop_within(&mut self, grace: Duration) {
        if let Some((thread, tell)) = self.running.take() {
            // Either fails only if the thread has ended already, which is all
            // that is wanted here.
            let _ = tell.send(grace);
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_within(Duration::ZERO);
    }
}
