//! What each request is answered with.

use std::sync::Arc;

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Response, StatusCode, Uri};
use tracing::info;

use crate::Config;
use crate::stats::Counts;
use crate::wait::{BadSeconds, Seconds, Wait};

/// What the answers depend on, besides the request.
#[derive(Debug)]
pub(crate) struct Routes {
    max_seconds: f64,
    pub(crate) counts: Arc<Counts>,
}

/// The answer to a request, or the wait that comes before it.
#[derive(Debug)]
pub(crate) enum Answer {
    Now(Response<String>),
    After(Wait),
}

/// Why a request is not answered with what it asked for, in a sentence that
/// says what is allowed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{reason}; it must be one decimal number from 0 to {max}")]
    BadSeconds { reason: BadSeconds, max: f64 },
    #[error("nothing is here; there are /delay-me?seconds=2, /stats and /healthz")]
    UnknownRoute,
    #[error("this answers GET and no other method")]
    WrongMethod,
    #[error("{max_in_flight} requests are waiting, which is the most; try again in a second")]
    NoPlace { max_in_flight: usize },
}

impl Routes {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            max_seconds: config.max_seconds,
            counts: Arc::new(Counts::new(config.max_in_flight)),
        }
    }

    pub(crate) fn answer(&self, method: &Method, uri: &Uri) -> Answer {
        let answer = match uri.path() {
            "/delay-me" | "/stats" | "/healthz" if method != Method::GET => {
                Err(Refusal::WrongMethod)
            }
            "/delay-me" => self.delay_me(uri.query().unwrap_or_default()),
            "/stats" => Ok(Answer::Now(self.stats())),
            "/healthz" => Ok(Answer::Now(text(StatusCode::OK, "ok"))),
            _ => Err(Refusal::UnknownRoute),
        };
        answer.unwrap_or_else(|refusal| {
            self.counts.reject();
            info!(target: "delay_server", "refused with {}: {refusal}", refusal.status());
            Answer::Now(refusal.response())
        })
    }

    fn delay_me(&self, query: &str) -> Result<Answer, Refusal> {
        let max = self.max_seconds;
        let seconds = Seconds::from_query(query, max)
            .map_err(|reason| Refusal::BadSeconds { reason, max })?;
        let wait = Wait::begin(seconds, &self.counts)
            .ok_or(Refusal::NoPlace { max_in_flight: self.counts.max_in_flight() })?;
        Ok(Answer::After(wait))
    }

    fn stats(&self) -> Response<String> {
        let stats = self.counts.stats();
        let json = serde_json::to_string(&stats).expect("a struct of numbers is always JSON");
        response(StatusCode::OK, "application/json", json)
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadSeconds { .. } => StatusCode::BAD_REQUEST,
            Self::UnknownRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoPlace { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The header that belongs to the status.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::BadSeconds { .. } | Self::UnknownRoute => None,
            Self::WrongMethod => Some((ALLOW, HeaderValue::from_static("GET"))),
            Self::NoPlace { .. } => Some((RETRY_AFTER, HeaderValue::from_static("1"))),
        }
    }

    fn response(&self) -> Response<String> {
        let mut response = text(self.status(), self.to_string());
        response.headers_mut().extend(self.header());
        response
    }
}

/// A response of one sentence.
pub(crate) fn text(status: StatusCode, sentence: impl Into<String>) -> Response<String> {
    response(status, "text/plain; charset=utf-8", sentence.into())
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
