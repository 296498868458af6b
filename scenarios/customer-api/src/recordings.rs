//! What this server has recorded of a client's requests, for a client on the same
//! machine, which knows them by the header `traceparent`.

use std::net::SocketAddr;
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

/// The header of W3C Trace Context.
pub(crate) const TRACE_PARENT: &str = "traceparent";

/// Adds the route by which a recording is asked for. Such a request is no lane itself.
pub(crate) fn route(router: Router, app: App) -> Router {
    let methods = get(recording).fallback(async || Problem::WrongMethod).with_state(app);
    router.route("/recordings/{trace}", methods)
}

/// Whether a client with this address is on this machine.
pub(crate) fn is_here(client: SocketAddr) -> bool {
    client.ip().to_canonical().is_loopback()
}

/// What a client calls its request, if that is well-formed and said once.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(TRACE_PARENT).iter();
    let (one, None) = (given.next()?, given.next()) else { return None };
    Some(one.to_str().ok()?.parse::<TraceParent>().ok()?.to_string())
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
    let trace = trace.ok().and_then(|Path(trace)| parse(&trace)).ok_or(Problem::UnknownRoute)?;
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

/// A trace as it stands in a `traceparent`.
fn parse(trace: &str) -> Option<NonZeroU128> {
    format!("00-{trace}-{:016x}-01", 1).parse::<TraceParent>().ok().map(|parent| parent.trace)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_is_here_by_its_address_however_that_is_written() {
        for (address, here) in [
            ("127.0.0.1:80", true),
            ("127.8.8.8:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("192.168.0.1:80", false),
            ("0.0.0.0:80", false),
            ("[::ffff:192.168.0.1]:80", false),
            ("[fe80::1]:80", false),
        ] {
            assert_eq!(is_here(address.parse().unwrap()), here, "{address}");
        }
    }

    #[test]
    fn a_request_has_one_name_that_is_well_formed_or_none() {
        let one = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let named = |given: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append(TRACE_PARENT, HeaderValue::from_static(value));
            }
            traceparent(&headers)
        };
        assert_eq!(named(&[one]).as_deref(), Some(one));
        for none in [&[][..], &["R1"], &[""], &[one, one]] {
            assert_eq!(named(none), None, "{none:?}");
        }
    }
}
