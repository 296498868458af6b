//! Somebody who watches the server's live page while it works: a client that
//! reads its events as they come, as a browser does, and draws nothing.

use std::io::{BufRead, BufReader};
use std::thread::{self, JoinHandle};

use benchmark::Result;

/// Viewers, each on a connection and a thread of its own.
pub(crate) struct Viewers(Vec<JoinHandle<usize>>);

impl Viewers {
    /// Returns when each of them has had its first event.
    pub(crate) fn of(route: &str, count: usize) -> Result<Self> {
        let url = route.replace("/delay-me", "/events");
        let mut viewers = Vec::new();
        for _ in 0..count {
            let events = ureq::get(&url).call()?.into_body().into_reader();
            let mut lines = BufReader::new(events).lines().map_while(std::result::Result::ok);
            lines.find(|line| line.starts_with("data: ")).ok_or("no event came")?;
            viewers.push(thread::spawn(move || {
                lines.filter(|line| line.starts_with("data: ")).count()
            }));
        }
        Ok(Self(viewers))
    }

    /// How many snapshots each of them has read, when the server is gone.
    pub(crate) fn snapshots(self) -> Vec<usize> {
        self.0.into_iter().map(|viewer| viewer.join().unwrap_or_default()).collect()
    }
}
