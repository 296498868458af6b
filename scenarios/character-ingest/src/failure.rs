//! What can go wrong with a character, in words.

use std::error::Error;
use std::time::Duration;
use std::{io, iter};

use reqwest::StatusCode;
use serde::Deserialize;
use tracing::warn;

/// Why a character was not ingested, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure {
    told: harness::Failure,
    may_pass: bool,
}

/// All that went wrong in a run.
#[derive(Debug)]
pub struct Failures(Vec<harness::Failure>);

/// More of a refusal's text is not worth a line.
const LONGEST_REFUSAL: usize = 160;

const CHECK_URL: &str =
    "check --url: it is the route without the id, such as http://localhost:8000/api/character";

impl Failure {
    /// Whether the same request may well succeed a moment later: the server was
    /// too busy, or the connection was lost. What the server does not have now
    /// (404), it will not have then.
    pub fn may_pass(&self) -> bool {
        self.may_pass
    }

    /// Says that the request is made again after this pause.
    pub fn tell_retry(&self, pause: Duration) {
        warn!("Trying again in {:.2} s: {}", pause.as_secs_f64(), self.told.cause());
    }

    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(status: StatusCode, content: &str) -> Self {
        let said: String = refusal(content).trim().chars().take(LONGEST_REFUSAL).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let hint = match status {
            StatusCode::BAD_REQUEST => "ask for another --delay",
            StatusCode::NOT_FOUND => "ask for other --characters, or check --url",
            StatusCode::SERVICE_UNAVAILABLE => {
                "give it more --retries, or ask for less at once: --workers, --limit"
            }
            status if status.is_server_error() => "look at what the server itself says",
            _ => "check --url",
        };
        let told =
            harness::Failure::new(format!("the server answered {status}{colon}{said}"), hint);
        Self { told, may_pass: status == StatusCode::SERVICE_UNAVAILABLE }
    }

    /// The server's answer is not the character that was asked for.
    pub(crate) fn rubbish(why: &str) -> Self {
        let cause = format!("the answer is not the character that was asked for: {why}");
        Self { told: harness::Failure::new(cause, CHECK_URL), may_pass: false }
    }

    /// The character is here, and cannot be kept.
    pub(crate) fn not_kept(told: harness::Failure) -> Self {
        Self { told, may_pass: false }
    }

    /// No whole answer came.
    fn unanswered(why: Why) -> Self {
        let may_pass = matches!(why, Why::Lost);
        let asked = harness::asked().unwrap_or_default();
        let route = asked.split('?').next().unwrap_or_default();
        let (cause, hint) = match why {
            Why::NobodyThere => (
                format!("nobody answers at {route}"),
                "start it with cargo run -p delay-server, or leave --url out to use a built-in one",
            ),
            Why::TimedOut => (
                format!("no complete answer from {route} within the time-out"),
                "raise --timeout, if the server is only slow",
            ),
            Why::Lost => (
                format!("{route} closed the connection before its answer was complete"),
                "give it more --retries, or look at what the server itself says",
            ),
            Why::Other(error) => (
                format!("the request to {route} failed: {error}"),
                if route.starts_with("https:") {
                    "check the host's name, and that its certificate is to be trusted: --ca names others"
                } else {
                    "check that an HTTP server answers there, and what it says itself"
                },
            ),
        };
        Self { told: harness::Failure::new(cause, hint), may_pass }
    }
}

/// The sentence in `{"error":"…"}`, which is how the API refuses; else all of it.
fn refusal(content: &str) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let refusal = serde_json::from_str(content);
    refusal.map_or_else(|_| content.to_owned(), |Refusal { error }| error)
}

enum Why {
    NobodyThere,
    TimedOut,
    Lost,
    Other(String),
}

impl From<&io::Error> for Why {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, TimedOut,
            UnexpectedEof,
        };
        match error.kind() {
            ConnectionRefused => Self::NobodyThere,
            TimedOut => Self::TimedOut,
            ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Self::Lost,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The outer errors only say that there is an inner one.
        let chain = || iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        let io = chain().find_map(|error| error.downcast_ref::<io::Error>());
        let mut hyper = chain().filter_map(|error| error.downcast_ref::<hyper::Error>());
        Self::unanswered(match io {
            _ if error.is_timeout() => Why::TimedOut,
            _ if hyper.any(hyper::Error::is_incomplete_message) => Why::Lost,
            Some(io) => io.into(),
            None => Why::Other(chain().last().map(ToString::to_string).unwrap_or_default()),
        })
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        Self::unanswered(match &error {
            ureq::Error::Timeout(_) => Why::TimedOut,
            ureq::Error::Io(io) => io.into(),
            _ => Why::Other(error.to_string()),
        })
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.told
    }
}

impl Failures {
    /// These, unless there are none.
    pub(crate) fn none_or(failures: Vec<harness::Failure>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self(failures)) }
    }
}

impl IntoIterator for Failures {
    type Item = harness::Failure;
    type IntoIter = std::vec::IntoIter<harness::Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

harness::no_more_threads!(Failures, "ask for fewer --characters or --workers");

impl From<reqwest::Error> for Failures {
    fn from(error: reqwest::Error) -> Self {
        Self(vec![Failure::from(error).told])
    }
}

impl From<harness::Failure> for Failures {
    fn from(failure: harness::Failure) -> Self {
        Self(vec![failure])
    }
}
