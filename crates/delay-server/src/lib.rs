//! An HTTP server that waits as long as it is asked to: `GET /delay-me?seconds=2`
//! is answered two seconds later, with `Done, I waited for 2 secs`.
//!
//! It is the slow thing in the world that this workspace's clients wait for.
//! The program runs it alone:
//!
//! `cargo run -p delay-server`
//!
//! [`Server`] runs it on a thread of its own, for whoever wants one for a while:
//!
//! ```
//! use delay_server::{Config, Server};
//!
//! let server = Server::start(Config {
//!     addr: "localhost:0".to_owned(), // port 0: any that is free
//!     ..Config::default()
//! })?;
//! println!("try {}/delay-me?seconds=2", server.url());
//! server.stop();
//! # Ok::<(), delay_server::StartError>(())
//! ```
//!
//! [`client`] is for whoever asks one: it takes the one at `localhost:8000` if
//! there is one.
//!
//! | route | answer |
//! |---|---|
//! | `/` | 200 and a page that shows every request in flight as a growing bar |
//! | `/events` | 200 and what that page shows, as server-sent events, for 100 viewers at most |
//! | `/delay-me?seconds=N` | 200 after N seconds, a decimal number; left out, it is 0 |
//! | `/api/character/ID?delay=N` | 200 after N seconds, and a character as JSON; left out, it is 0 |
//! | `/stats` | 200 and the figures of [`Stats`] as JSON, at once |
//! | `/healthz` | 200 and `ok`, at once |
//!
//! All else is refused with a sentence that says what is allowed: 400 for the
//! seconds, 404 for the route, 405 for the method, 421 for a name in `Host` that
//! is neither this machine's nor the one in [`Config::addr`], and 503 with
//! `Retry-After` while as many requests wait as may. What is not HTTP, or has a head of more
//! than 8 KiB, is refused without one.
//!
//! Characters have the shape of the Rick and Morty API, whose documentation is
//! at <https://rickandmortyapi.com/documentation/>; so have their refusals, such
//! as 404 with `{"error":"Character not found"}`. Which of them give trouble on
//! purpose is for [`Config::troubles`] to say.

pub mod client;
mod home;

mod server;

mod connections;

mod connection;

mod characters;
mod listen;
mod names;
mod routes;
mod rules;
mod trouble;
mod wait;

mod board;
mod live;
mod page;
mod stats;
mod visits;

use std::time::Duration;

pub use connections::{a_moment, farewell, next_connection};
pub use listen::{Bound, Listener, StartError};
pub use names::Names;
pub use server::Server;
pub use stats::Stats;
pub use trouble::{Trouble, TroubleKind};
pub use visits::{Visit, VisitOutcome};

/// Where a server listens, and how much it lets its clients ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `HOST:PORT`; port 0 is any that is free. `localhost` is both `127.0.0.1`
    /// and `[::1]`, since a client may try either of them first.
    pub addr: String,
    /// The longest wait a request may ask for, in seconds.
    pub max_seconds: f64,
    /// How many requests may wait at once. One more is refused with 503.
    pub max_in_flight: usize,
    /// How long the waiting requests may still take when the server is stopped.
    pub grace: Duration,
    /// Characters that do not answer as they should.
    pub troubles: Vec<Trouble>,
    /// How many requests are kept for [`Server::visits`], the newest of them; 0 keeps
    /// none, and costs nothing.
    pub max_visits: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addr: "localhost:8000".to_owned(),
            max_seconds: 300.0,
            max_in_flight: 20_000,
            grace: Duration::from_secs(10),
            troubles: Vec::new(),
            max_visits: 0,
        }
    }
}
