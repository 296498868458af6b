//! What each request is answered with.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response, Sse};
use axum::routing::get;

use crate::characters::character;
use crate::live::MOST_VIEWERS;
use crate::page;
use crate::rules::{Refusal, Rules};
use crate::wait::Wait;

/// The route that waits, and what its waiting time is called in the query.
pub(crate) const DELAY_ME: &str = "/delay-me";
pub(crate) const SECONDS: &str = "seconds";

/// Every route, and what answers where there is none.
///
/// Requests for another name than the server's are for [`wrong_name`].
pub(crate) fn router(rules: Arc<Rules>) -> Router {
    Router::new()
        .route("/", get(live_page))
        .route("/events", get(events))
        .route(DELAY_ME, get(delay_me))
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
    let wait = match begin(&rules, &uri).await {
        Ok(wait) => wait,
        Err(refusal) => return refuse(&rules, &refusal, &uri),
    };
    // A part of what was read, which it would keep alive.
    drop(uri);
    wait.finish().await.into_response()
}

async fn begin(rules: &Rules, uri: &Uri) -> Result<Wait, Refusal> {
    rules.begin_wait(rules.seconds(SECONDS, uri)?, uri).await
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
    refuse(&rules, &Refusal::UnknownRoute, &uri)
}

async fn wrong_method(State(rules): State<Arc<Rules>>, uri: Uri) -> Response {
    refuse(&rules, &Refusal::WrongMethod, &uri)
}

/// A request for a name that is not this server's.
pub(crate) fn wrong_name(rules: &Rules, uri: &Uri) -> Response {
    refuse(rules, &Refusal::WrongName, uri)
}

fn refuse(rules: &Rules, refusal: &Refusal, uri: &Uri) -> Response {
    rules.refuse(refusal, uri, refusal.to_string())
}
