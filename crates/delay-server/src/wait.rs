//! A request that waits: how long it may be asked to, and its place meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use tokio::time::sleep;
use tracing::info;

use crate::board::Number;
use crate::stats::Counts;

/// Seconds as a client asked for them: kept as they were written, because the
/// reply repeats them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seconds {
    written: String,
    duration: Duration,
}

/// Why a client's seconds are refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSeconds {
    #[error("{0} is given more than once")]
    Repeated(&'static str),
    #[error("{0} is not a plain number")]
    NotANumber(&'static str),
    #[error("{0} is too many")]
    TooMany(&'static str),
}

impl Seconds {
    /// Reads `name=N` from the query of a URL; left out, it is 0.
    pub(crate) fn from_query(
        name: &'static str,
        query: &str,
        max: f64,
    ) -> Result<Self, BadSeconds> {
        let mut given = form_urlencoded::parse(query.as_bytes())
            .filter_map(|(other, value)| (other == name).then_some(value));
        let written = given.next().unwrap_or("0".into());
        match given.next() {
            None => Self::parse(name, written.into_owned(), max),
            Some(_) => Err(BadSeconds::Repeated(name)),
        }
    }

    /// As many as a client may ask for.
    pub(crate) fn longest(max: f64) -> Self {
        let duration = Duration::try_from_secs_f64(max).unwrap_or(Duration::MAX);
        Self { written: max.to_string(), duration }
    }

    fn parse(name: &'static str, written: String, max: f64) -> Result<Self, BadSeconds> {
        // Rust's own notion of a number is wider: it knows signs, exponents,
        // "inf" and "nan".
        if !written.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return Err(BadSeconds::NotANumber(name));
        }
        let seconds: f64 = written.parse().map_err(|_| BadSeconds::NotANumber(name))?;
        if seconds > max {
            return Err(BadSeconds::TooMany(name));
        }
        let duration =
            Duration::try_from_secs_f64(seconds).map_err(|_| BadSeconds::TooMany(name))?;
        Ok(Self { written, duration })
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// A request that waits. It holds a place from [`Wait::begin`] until it is
/// dropped, so that a client that hangs up frees its place at once.
#[derive(Debug)]
pub(crate) struct Wait {
    seconds: Seconds,
    counts: Arc<Counts>,
    number: Number,
    over: bool,
}

impl Wait {
    /// `None` if all places are taken. The address is what viewers are shown.
    pub(crate) fn begin(uri: &Uri, seconds: Seconds, counts: &Arc<Counts>) -> Option<Self> {
        let number = counts.enter(uri, seconds.duration)?;
        info!(target: "delay_server", %seconds, "request received");
        Some(Self { seconds, counts: Arc::clone(counts), number, over: false })
    }

    /// Waits, and says so.
    pub(crate) async fn finish(mut self) -> String {
        sleep(self.seconds.duration).await;
        self.over = true;
        format!("Done, I waited for {} secs", self.seconds)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.counts.leave(self.number, self.over);
        let seconds = &self.seconds;
        if self.over {
            info!(target: "delay_server", %seconds, "wait is over");
        } else {
            info!(target: "delay_server", %seconds, "given up before the wait was over");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duration(query: &str) -> Result<Duration, BadSeconds> {
        Seconds::from_query("seconds", query, 300.0).map(|seconds| seconds.duration)
    }

    #[test]
    fn seconds_are_read_as_a_decimal_number() {
        for (query, milliseconds) in [
            ("", 0),
            ("seconds=0", 0),
            ("seconds=2", 2_000),
            ("seconds=2.50", 2_500),
            ("seconds=002", 2_000),
            ("seconds=.5", 500),
            ("seconds=5.", 5_000),
            ("seconds=300", 300_000),
        ] {
            assert_eq!(duration(query), Ok(Duration::from_millis(milliseconds)), "{query}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_takes_as_long_as_it_was_asked_to() {
        let seconds = Seconds::from_query("seconds", "seconds=2.5", 300.0).unwrap();
        let wait = Wait::begin(&Uri::default(), seconds, &Arc::new(Counts::new(1, 0))).unwrap();
        let start = tokio::time::Instant::now();
        assert_eq!(wait.finish().await, "Done, I waited for 2.5 secs");
        let late = start.elapsed() - Duration::from_millis(2_500);
        assert!(late <= Duration::from_millis(1), "{late:?}");
    }
}
