//! What can go wrong, in words.

use std::io::{self, ErrorKind};

use crate::Reply;

/// Why a request or a run failed, and what to do about it.
///
/// One that is made inside a requester's span belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

/// Why an executor stopped before its tasks were done.
#[derive(Debug)]
pub enum Stopped {
    /// These tasks wait, and nobody has a waker of any of them.
    NobodyWakes(Vec<String>),
    /// The system cannot wait.
    System(io::Error),
}

/// More of a refusal's text is not worth a line.
const LONGEST_REFUSAL: usize = 160;

impl Failure {
    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(reply: &Reply) -> Self {
        let said: String = reply.content.trim().chars().take(LONGEST_REFUSAL).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let hint = match reply.status.split(' ').next() {
            Some("400") => "ask for other --seconds",
            Some("404") => {
                "check --url: it is the route without its query, such as http://localhost:8000/delay-me"
            }
            Some("503") => "try again later, or give the server a larger --max-in-flight",
            Some(status) if status.starts_with('5') => "look at what the server itself says",
            _ => "check --url",
        };
        Self(harness::Failure::new(
            format!("the server answered {}{colon}{said}", reply.status),
            hint,
        ))
    }

    pub(crate) fn unknown_host(host: &str, error: &io::Error) -> harness::Failure {
        harness::Failure::new(
            format!("nobody knows where the host '{host}' is: {error}"),
            "check the host's name in --url",
        )
    }
}

/// No whole reply came.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let asked = harness::asked().unwrap_or_default();
        let route = asked.split('?').next().unwrap_or_default();
        let (cause, hint) = match error.kind() {
            ErrorKind::ConnectionRefused => (
                format!("nobody answers at {route}"),
                "start it with cargo run -p delay-server, or leave --url out to use a built-in one",
            ),
            ErrorKind::TimedOut => (
                format!("no complete reply from {route} within the time-out"),
                "raise --timeout, or leave it out to wait as long as it takes",
            ),
            _ => (
                format!("the request to {route} failed: {error}"),
                "check that an HTTP server answers there, and what it says itself",
            ),
        };
        Self(harness::Failure::new(cause, hint))
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self(match stopped {
            Stopped::NobodyWakes(tasks) => harness::Failure::new(
                format!("nobody can wake {}: no waker is left", tasks.join(", ")),
                "a future that is pending has to keep the waker of its context for whoever will call it",
            ),
            Stopped::System(error) => harness::Failure::new(
                format!("the system cannot wait: {error}"),
                "close what has many files open, and run it again",
            ),
        })
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
