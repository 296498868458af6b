//! What can go wrong with a request, in words.

use delay_server::client::{self, Hints, Unanswered};
use reqwest::StatusCode;

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

const HINTS: Hints = Hints {
    timed_out: "raise --timeout, if the server is only slow",
    unavailable: "ask for fewer --requests, or give the server a larger --max-in-flight",
    ..Hints::OF_DELAY_ME
};

impl Failure {
    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(status: StatusCode, content: &str) -> Self {
        Self(client::refused(status.as_u16(), content, &HINTS))
    }
}

/// What an error of hyper's own connection means.
#[expect(clippy::needless_pass_by_value, reason = "as the others are")]
pub(crate) fn of_hyper(error: hyper::Error) -> Unanswered {
    Unanswered::of(&error)
}

delay_server::meaning_of_errors!();

impl From<Unanswered> for Failure {
    fn from(why: Unanswered) -> Self {
        Self(why.failure(&HINTS))
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        of_async(error).into()
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        of_hyper(error).into()
    }
}

impl From<hyper::http::Error> for Failure {
    fn from(error: hyper::http::Error) -> Self {
        Unanswered::Failed(error.to_string()).into()
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        of_blocking(error).into()
    }
}

impl From<tokio::time::error::Elapsed> for Failure {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Unanswered::TimedOut.into()
    }
}

/// A task that was to make a request did not come to its end.
impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Unanswered::Failed(error.to_string()).into()
    }
}

/// Nobody gives permits any more.
impl From<tokio::sync::AcquireError> for Failure {
    fn from(error: tokio::sync::AcquireError) -> Self {
        Unanswered::Failed(error.to_string()).into()
    }
}

harness::no_more_threads!(Failure, "ask for fewer --requests or --workers");

harness::failure_wrapper!(Failure);
