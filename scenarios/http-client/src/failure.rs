//! What can go wrong with a request, in words.

use std::io;

use delay_server::client::{self, Hints, Unanswered};
use reqwest::StatusCode;

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

const HINTS: Hints = Hints {
    unavailable: "ask for fewer --requests, or give the server a larger --max-in-flight",
    ..Hints::OF_DELAY_ME
};

impl Failure {
    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(status: StatusCode, content: &str) -> Self {
        Self(client::refused(&status.to_string(), content, &HINTS))
    }

    /// There was no whole reply within the user's time-out.
    pub(crate) fn timed_out() -> Self {
        Self(Unanswered::TimedOut.failure(&HINTS))
    }

    /// The connection could not be made, or did not last.
    pub(crate) fn unanswered(error: &io::Error) -> Self {
        Self(Unanswered::from(error).failure(&HINTS))
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let timed_out = error.is_timeout().then_some(Unanswered::TimedOut);
        Self(timed_out.unwrap_or_else(|| Unanswered::of(&error)).failure(&HINTS))
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self(Unanswered::of(&error).failure(&HINTS))
    }
}

impl From<hyper::http::Error> for Failure {
    fn from(error: hyper::http::Error) -> Self {
        Self(Unanswered::Failed(error.to_string()).failure(&HINTS))
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        let why = match error {
            ureq::Error::Timeout(_) => Unanswered::TimedOut,
            other => Unanswered::from(&other.into_io()),
        };
        Self(why.failure(&HINTS))
    }
}

harness::no_more_threads!(Failure, "ask for fewer --requests or --workers");

harness::failure_wrapper!(Failure);
