//! What can go wrong with a character, in words.

use std::time::Duration;

use delay_server::client::{self, Hints, Unanswered};
use reqwest::StatusCode;
use serde::Deserialize;
use tracing::warn;

/// Why a character was not ingested, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure {
    reason: harness::Failure,
    may_pass: bool,
}

/// All that went wrong in a run.
#[derive(Debug)]
pub struct Failures(Vec<harness::Failure>);

/// A client that makes requests again, has a usual time-out and need not ask for
/// all characters at once.
const HINTS: Hints = Hints {
    bad_request: "ask for another --delay",
    not_found: "ask for other --characters, or check --url",
    unavailable: "give it more --retries, or ask for less at once",
    timed_out: "raise --timeout, if the server is only slow",
    lost: "give it more --retries, or look at what the server itself says",
    ..Hints::OF_DELAY_ME
};

/// With TLS, what fails first is trust.
const HINTS_FOR_TLS: Hints = Hints {
    failed: "check the host's name, and that its certificate is to be trusted: --ca names others",
    ..HINTS
};

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
        warn!("Trying again in {:.2} s: {}", pause.as_secs_f64(), self.reason.cause());
    }

    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(status: StatusCode, content: &str) -> Self {
        let reason = client::refused(status.as_u16(), &sentence(content), &HINTS);
        Self { reason, may_pass: status == StatusCode::SERVICE_UNAVAILABLE }
    }

    /// The server's answer is not the character that was asked for.
    pub(crate) fn rubbish(why: &str) -> Self {
        let cause = format!("the answer is not the character that was asked for: {why}");
        Self { reason: harness::Failure::new(cause, client::fitting(CHECK_URL)), may_pass: false }
    }

    /// The character is here, and cannot be kept.
    pub(crate) fn not_kept(reason: harness::Failure) -> Self {
        Self { reason, may_pass: false }
    }
}

delay_server::meaning_of_errors!();

impl From<Unanswered> for Failure {
    fn from(why: Unanswered) -> Self {
        let may_pass = why == Unanswered::Lost;
        let is_tls = harness::asked().is_some_and(|asked| asked.starts_with("https:"));
        let hints = if is_tls { &HINTS_FOR_TLS } else { &HINTS };
        Self { reason: why.failure(hints), may_pass }
    }
}

/// The sentence in `{"error":"…"}`, which is how the API refuses; else all of it.
fn sentence(content: &str) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let refusal = serde_json::from_str(content);
    refusal.map_or_else(|_| content.to_owned(), |Refusal { error }| error)
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        of_async(error).into()
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        of_blocking(error).into()
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.reason
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
        Self(vec![Failure::from(error).reason])
    }
}

impl From<harness::Failure> for Failures {
    fn from(failure: harness::Failure) -> Self {
        Self(vec![failure])
    }
}
