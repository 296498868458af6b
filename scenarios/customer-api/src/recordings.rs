//! What this server has recorded of a client's requests, for a client on the same
//! machine, which knows them by the header `traceparent`.

use std::num::NonZeroU128;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use lens::{Lens, TraceParent};
use tokio::task::spawn_blocking;

use crate::problem::Problem;
use crate::routes::{App, json};

/// Adds the route by which a recording is asked for. Such a request is no lane itself.
pub(crate) fn route(router: Router, app: App) -> Router {
    let methods = get(recording).fallback(async || Problem::WrongMethod).with_state(app);
    router.route("/recordings/{trace}", methods)
}

async fn recording(
    State(app): State<App>,
    trace: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    if !app.names.has(&headers, &uri) {
        return Err(Problem::WrongName);
    }
    let trace = trace
        .ok()
        .and_then(|Path(trace)| web_service::trace(&trace))
        .ok_or(Problem::UnknownRoute)?;
    // A thousand lanes take a while to write.
    let answered = spawn_blocking(move || answer(&app.lens, trace)).await;
    answered.unwrap_or(Err(Problem::Panicked))
}

fn answer(lens: &Lens, trace: NonZeroU128) -> Result<Response, Problem> {
    let told = lens.recording_of(trace);
    let is_of_trace = |it: TraceParent| it.trace == trace;
    if !told.recording.lanes.iter().any(|lane| lane.trace.is_some_and(is_of_trace)) {
        return Err(Problem::UnknownTrace);
    }
    Ok(json(StatusCode::OK, &told))
}
