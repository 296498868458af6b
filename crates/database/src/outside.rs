//! The `postgres` driver outside of event loops.
//!
//! It blocks by running an event loop of its own, and tokio panics when one runs
//! inside another. So on the thread of an event loop the driver's calls are made
//! by a second thread, for which the first one waits: the event loop is blocked
//! for as long as by any other call that blocks.

use std::ops::{Deref, DerefMut};
use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Handle;

use crate::error::Error;

/// Makes the call where no event loop runs. It fails, too, if the system gives
/// no thread for it.
pub(crate) fn outside<T: Send, E: Send + Into<Error>>(
    call: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, Error> {
    if Handle::try_current().is_err() {
        return call().map_err(Into::into);
    }
    thread::scope(|scope| {
        let called = thread::Builder::new().spawn_scoped(scope, call)?.join();
        called.unwrap_or_else(|panic| resume_unwind(panic)).map_err(Into::into)
    })
}

/// A connection that may be dropped anywhere: saying goodbye is a call as well.
pub struct Client(Option<Box<postgres::Client>>);

const THERE: &str = "only dropping takes the client";

impl From<postgres::Client> for Client {
    fn from(client: postgres::Client) -> Self {
        Self(Some(Box::new(client)))
    }
}

impl Client {
    /// Says goodbye to the server.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        let client = self.0.take();
        outside(|| client.map_or(Ok(()), |client| client.close()))
    }
}

impl Deref for Client {
    type Target = postgres::Client;

    fn deref(&self) -> &postgres::Client {
        self.0.as_ref().expect(THERE)
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut postgres::Client {
        self.0.as_mut().expect(THERE)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let client = self.0.take();
        // Without a thread the server learns of it from the socket.
        let _ = outside(|| {
            drop(client);
            Ok::<(), Error>(())
        });
    }
}
