//! What each request is answered with.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response, Sse};
use axum::routing::get;
use tracing::info;

use crate::board::shown;
use crate::characters::character;
use crate::live::{Live, MOST_VIEWERS};
use crate::stats::Counts;
use crate::trouble::Troubles;
use crate::wait::{BadSeconds, Seconds, Wait};
use crate::{Config, page};

/// What the answers depend on, besides the request.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) max_seconds: f64,
    pub(crate) counts: Arc<Counts>,
    pub(crate) live: Live,
    pub(crate) troubles: Troubles,
}

/// Every route, and what answers where there is none.
pub(crate) fn router(rules: Arc<Rules>) -> Router {
    Router::new()
        .route("/", get(live_page))
        .route("/events", get(events))
        .route("/delay-me", get(delay_me))
        .route("/api/character/{id}", get(character))
        .route("/stats", get(stats))
        .route("/healthz", get(async || "ok"))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_route)
        .with_state(rules)
}

/// While it waits, this keeps the seconds and a place, and nothing of the
/// request: the 8 KiB that the request was read into are free again.
async fn delay_me(State(rules): State<Arc<Rules>>, uri: Uri) -> Response {
    let wait = match rules.begin_wait(&uri) {
        Ok(wait) => wait,
        Err(refusal) => return rules.refuse(&refusal, &uri),
    };
    // A part of what was read, which it would keep alive.
    drop(uri);
    wait.finish().await.into_response()
}

async fn live_page(State(rules): State<Arc<Rules>>) -> Response {
    page::response(&rules.counts.stats())
}

/// Viewers are no requests that wait: they take none of those places, and
/// neither they nor a viewer too many are in the figures.
async fn events(State(rules): State<Arc<Rules>>) -> Response {
    match rules.live.watch() {
        Some(events) => Sse::new(events).into_response(),
        None => {
            let sentence = format!("{MOST_VIEWERS} viewers watch, which is the most; close a page");
            (StatusCode::SERVICE_UNAVAILABLE, AppendHeaders([(RETRY_AFTER, "1")]), sentence)
                .into_response()
        }
    }
}

async fn stats(State(rules): State<Arc<Rules>>) -> Response {
    let stats = rules.counts.stats();
    let json = serde_json::to_string(&stats).expect("a struct of numbers is always JSON");
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

async fn unknown_route(State(rules): State<Arc<Rules>>, uri: Uri) -> Response {
    rules.refuse(&Refusal::UnknownRoute, &uri)
}

async fn wrong_method(State(rules): State<Arc<Rules>>, uri: Uri) -> Response {
    rules.refuse(&Refusal::WrongMethod, &uri)
}

/// Why a request is not answered with what it asked for, in a sentence that
/// says what is allowed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{reason}; it must be one decimal number from 0 to {max}")]
    BadSeconds { reason: BadSeconds, max: f64 },
    #[error(
        "nothing is here; there are / (a page to watch), /delay-me?seconds=2, /api/character/1?delay=2, /stats and /healthz"
    )]
    UnknownRoute,
    #[error("this answers GET and HEAD and no other method")]
    WrongMethod,
    #[error("{max_in_flight} requests are waiting, which is the most; try again in a second")]
    NoPlace { max_in_flight: usize },
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
}

impl Rules {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            max_seconds: config.max_seconds,
            counts: Arc::new(Counts::new(config.max_in_flight)),
            live: Live::new(),
            troubles: Troubles::new(&config.troubles),
        }
    }

    fn begin_wait(&self, uri: &Uri) -> Result<Wait, Refusal> {
        let max = self.max_seconds;
        let seconds = Seconds::from_query("seconds", uri.query().unwrap_or_default(), max)
            .map_err(|reason| Refusal::BadSeconds { reason, max })?;
        let full = Refusal::NoPlace { max_in_flight: self.counts.max_in_flight() };
        Wait::begin(shown(uri), seconds, &self.counts).ok_or(full)
    }

    fn refuse(&self, refusal: &Refusal, uri: &Uri) -> Response {
        let status = refusal.status();
        self.counts.reject(shown(uri), status);
        info!(target: "delay_server", "refused with {status}: {refusal}");
        let retry = matches!(refusal, Refusal::NoPlace { .. }).then_some((RETRY_AFTER, "1"));
        (status, AppendHeaders(retry), refusal.to_string()).into_response()
    }
}
