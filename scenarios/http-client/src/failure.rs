//! What can go wrong with a request, in words.

use std::error::Error;
use std::{io, iter};

use reqwest::StatusCode;

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

/// More of a refusal's text is not worth a line.
const LONGEST_REFUSAL: usize = 160;

impl Failure {
    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(status: StatusCode, content: &str) -> Self {
        let said: String = content.trim().chars().take(LONGEST_REFUSAL).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let hint = match status {
            StatusCode::BAD_REQUEST => "ask for other --seconds",
            StatusCode::NOT_FOUND => {
                "check --url: it is the route without its query, such as http://localhost:8000/delay-me"
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                "ask for fewer --requests, or give the server a larger --max-in-flight"
            }
            status if status.is_server_error() => "look at what the server itself says",
            _ => "check --url",
        };
        Self(harness::Failure::new(format!("the server answered {status}{colon}{said}"), hint))
    }

    /// No whole answer came.
    fn unanswered(why: Why) -> Self {
        let asked = harness::asked().unwrap_or_default();
        let route = asked.split('?').next().unwrap_or_default();
        let (cause, hint) = match why {
            Why::NobodyThere => (
                format!("nobody answers at {route}"),
                "start it with cargo run -p delay-server, or leave --url out to use a built-in one",
            ),
            Why::TimedOut => (
                format!("no complete reply from {route} within the time-out"),
                "raise --timeout, or leave it out to wait as long as it takes",
            ),
            Why::Other(error) => (
                format!("the request to {route} failed: {error}"),
                "check that an HTTP server answers there, and what it says itself",
            ),
        };
        Self(harness::Failure::new(cause, hint))
    }
}

enum Why {
    NobodyThere,
    TimedOut,
    Other(String),
}

impl From<&io::Error> for Why {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::NobodyThere,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The outer errors only say that there is an inner one.
        let chain = || iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        let io = chain().find_map(|error| error.downcast_ref::<io::Error>());
        Self::unanswered(match (error.is_timeout(), io) {
            (true, _) => Why::TimedOut,
            (_, Some(io)) => io.into(),
            _ => Why::Other(chain().last().map(ToString::to_string).unwrap_or_default()),
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

harness::no_more_threads!(Failure, "ask for fewer --requests or --workers");

impl From<harness::Failure> for Failure {
    fn from(failure: harness::Failure) -> Self {
        Self(failure)
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
