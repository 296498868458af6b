//! What a server lets its clients ask for, and how it refuses the rest.

use std::sync::Arc;

use axum::http::header::RETRY_AFTER;
use axum::http::{StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use tokio::task::yield_now;
use tracing::info;

use crate::Config;
use crate::live::Live;
use crate::names::Names;
use crate::stats::Counts;
use crate::trouble::Troubles;
use crate::wait::{BadSeconds, Seconds, Wait};

/// What the answers depend on, besides the request.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) names: Names,
    pub(crate) max_seconds: f64,
    pub(crate) counts: Arc<Counts>,
    pub(crate) live: Live,
    pub(crate) troubles: Troubles,
}

/// Why a request is not answered with what it asked for, in a sentence that
/// says what is allowed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{reason}; it must be one decimal number from 0 to {max}")]
    BadSeconds { reason: BadSeconds, max: f64 },
    #[error(
        "nothing is here; there are / (a page to watch), /delay-me?seconds=2, /api/character/1?delay=2, /stats and /healthz"
    )]
    UnknownRoute,
    /// The public API's own words.
    #[error("Character not found")]
    UnknownCharacter,
    #[error(
        "this server goes by the name of localhost and by the one it was told to listen on (--addr)"
    )]
    WrongName,
    #[error("this answers GET and HEAD and no other method")]
    WrongMethod,
    #[error("this character gives trouble; try again in a second")]
    Trouble,
    #[error("{max_in_flight} requests are waiting, which is the most; try again in a second")]
    NoPlace { max_in_flight: usize },
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadSeconds { .. } => StatusCode::BAD_REQUEST,
            Self::UnknownRoute | Self::UnknownCharacter => StatusCode::NOT_FOUND,
            Self::WrongName => StatusCode::MISDIRECTED_REQUEST,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Trouble | Self::NoPlace { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Rules {
    pub(crate) fn new(config: &Config, names: Names) -> Self {
        Self {
            names,
            max_seconds: config.max_seconds,
            counts: Arc::new(Counts::new(config.max_in_flight, config.max_visits)),
            live: Live::new(),
            troubles: Troubles::new(&config.troubles),
        }
    }

    /// How long a request asks to wait, by the parameter of this name.
    pub(crate) fn seconds(&self, name: &'static str, uri: &Uri) -> Result<Seconds, Refusal> {
        let max = self.max_seconds;
        Seconds::from_query(name, uri.query().unwrap_or_default(), max)
            .map_err(|reason| Refusal::BadSeconds { reason, max })
    }

    /// Gives a request its place among those that wait.
    ///
    /// The system lists sockets by when they first had something new, so a client that
    /// hung up before this request was sent may be looked at only after it. Where all
    /// places are taken, everybody who is listed has a turn before this is refused.
    pub(crate) async fn begin_wait(&self, seconds: Seconds, uri: &Uri) -> Result<Wait, Refusal> {
        if !self.counts.has_place() {
            yield_now().await;
        }
        let full = Refusal::NoPlace { max_in_flight: self.counts.max_in_flight() };
        Wait::begin(uri, seconds, &self.counts).ok_or(full)
    }

    /// Refuses a request, with the refusal's sentence in this body.
    pub(crate) fn refuse(&self, refusal: &Refusal, uri: &Uri, body: impl IntoResponse) -> Response {
        let status = refusal.status();
        self.counts.reject(uri, status);
        info!(target: "delay_server", "refused with {status}: {refusal}");
        let retry = (status == StatusCode::SERVICE_UNAVAILABLE).then_some((RETRY_AFTER, "1"));
        (status, AppendHeaders(retry), body).into_response()
    }
}
