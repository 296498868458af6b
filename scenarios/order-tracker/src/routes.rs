//! What each request is answered with.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{HOST, LOCATION, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use delay_server::Names;
use jiff::Timestamp;
use lens::{InLane, TraceParent};
use serde_json::json;
use tracing::{error, info, info_span};
use web_service::{Life, json_body, trace, traceparent};

use crate::order::OrderId;
use crate::orders::{Delivered, Orders, Trouble};
use crate::page;
use crate::position::Position;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::sockets::Sockets;
use crate::watcher::{Rules, watch};
use crate::way::Station;

/// The longest body, in bytes: many times as much as a position needs.
const MAX_BODY: usize = 2 * 1024;

/// What the answers depend on, besides the request.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) orders: Orders,
    /// Whether the client is on this machine.
    pub(crate) is_here: bool,
    pub(crate) secret: Secret,
    pub(crate) names: Arc<Names>,
    pub(crate) places: Sockets,
    pub(crate) life: Life,
    pub(crate) rules: Rules,
    /// Where it listens, for clients that do not say how they call it.
    pub(crate) url: Arc<str>,
}

impl App {
    /// By what a client on this machine asks for its positions' ways.
    fn asked(&self, headers: &HeaderMap) -> Option<TraceParent> {
        traceparent(headers).filter(|_| self.is_here)
    }

    /// Keeps what is seen from now on of an order that is there.
    fn keep(&self, order: OrderId, asked: Option<TraceParent>) {
        if let Some(asked) = asked {
            self.orders.ways().keep(order, asked.trace);
        }
    }
}

/// Every route, and what answers where there is none.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/orders", post(open))
        .route("/orders/{order}/position", post(deliver))
        .route("/ws/orders/{order}", get(watch_order))
        .route("/recordings/{trace}", get(recording))
        .merge(page::routes())
        .method_not_allowed_fallback(async || Problem::WrongMethod)
        .fallback(async || Problem::UnknownRoute)
        .layer(middleware::from_fn_with_state(app.clone(), of_ours))
        .with_state(app)
}

/// Answers those who ask us, and no page of anybody else's: a browser lets any page
/// open a WebSocket to anywhere, and says in `Origin` whose it is.
async fn of_ours(State(app): State<App>, request: Request, next: Next) -> Response {
    let _under_way = app.life.begin();
    if !app.names.has(request.headers(), request.uri()) {
        return Problem::WrongName.into_response();
    }
    if !is_own_origin(request.headers()) {
        return Problem::WrongOrigin.into_response();
    }
    next.run(request).await
}

/// Programs give no origin. A page's has to be where it was asked for.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let place = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        place.is_some_and(|place| !place.is_empty() && place.eq_ignore_ascii_case(host))
    })
}

/// The order in a path. One that cannot be is one that is not there.
pub(crate) type Named = Result<Path<String>, PathRejection>;

pub(crate) fn order_in(path: Named) -> Result<OrderId, Problem> {
    let order = path.ok().and_then(|Path(text)| OrderId::parse(&text));
    Ok(order.ok_or(Trouble::Unknown)?)
}

async fn open(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if !app.secret.is_in(&headers) {
        return Err(Problem::NoSecret);
    }
    let opening = async {
        let opened = app.orders.open().await;
        match &opened {
            Ok(order) => {
                info!("Opened as {}", order.short());
                harness::done();
            }
            Err(trouble) => say(trouble),
        }
        opened
    };
    let order = opening.in_lane(info_span!("requester", name = "order")).await?;
    app.keep(order, app.asked(&headers));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or(app.url.trim_start_matches("http://"));
    let path = page::path_of(order);
    let body = json!({ "order": order.to_string(), "link": format!("http://{host}{path}") });
    let opened = web_service::json(StatusCode::CREATED, body.to_string());
    Ok(([(LOCATION, path)], opened).into_response())
}

async fn deliver(
    State(app): State<App>,
    order: Named,
    request: Request,
) -> Result<Response, Problem> {
    if !app.secret.is_in(request.headers()) {
        return Err(Problem::NoSecret);
    }
    let order = order_in(order)?;
    let asked = app.asked(request.headers());
    let position: Position = serde_json::from_slice(&json_body(request, MAX_BODY).await?)?;
    let position = position.possible(Timestamp::now())?;
    let delivered = take(&app.orders, order, &position).await?;
    app.keep(order, asked);
    let body = json!({ "taken": delivered == Delivered::Taken });
    Ok(web_service::json(StatusCode::ACCEPTED, body.to_string()))
}

/// Takes a position, as a requester of its own.
pub(crate) async fn take(
    orders: &Orders,
    order: OrderId,
    position: &Position,
) -> Result<Delivered, Trouble> {
    let taking = async {
        orders.ways().note(order, Station::Came, position.sequence);
        let delivered = orders.deliver(order, position).await;
        match &delivered {
            Ok(Delivered::Taken) => {
                orders.ways().note(order, Station::Taken, position.sequence);
                info!("At {:.5}, {:.5}", position.lat, position.lon);
            }
            Ok(Delivered::Older) => {
                orders.ways().note(order, Station::Older, position.sequence);
                info!("Not taken: there is a newer one");
            }
            Err(trouble) => say(trouble),
        }
        if delivered.is_ok() {
            harness::done();
        }
        delivered
    };
    let name = format!("{} #{}", order.short(), position.sequence);
    taking.in_lane(info_span!("requester", name)).await
}

/// What the client is not told of it.
fn say(trouble: &Trouble) {
    lens::failed();
    match trouble {
        Trouble::Gone(why) => error!("Redis is gone: {why}"),
        Trouble::Refused(why) => error!("Redis refuses: {why}"),
        other => info!("Refused: {other}"),
    }
}

/// What was seen of an order's positions, for the client on this machine who asked for it.
async fn recording(
    State(app): State<App>,
    named: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let named = named.ok().and_then(|Path(text)| trace(&text)).filter(|_| app.is_here);
    let named = named.ok_or(Problem::UnknownRoute)?;
    let is_shared = app.orders.shared().is_some();
    let answer = app.orders.ways().answer(named, is_shared).ok_or(Problem::UnknownTrace)?;
    // Numbers and names can always be written.
    Ok(web_service::json(StatusCode::OK, serde_json::to_string(&answer).unwrap_or_default()))
}

async fn watch_order(
    State(app): State<App>,
    order: Named,
    mut request: Request<Body>,
) -> Result<Response, Problem> {
    // HEAD comes here as well.
    if request.method() != Method::GET || !hyper_tungstenite::is_upgrade_request(&request) {
        return Err(Problem::NoWebSocket);
    }
    let order = order_in(order)?;
    let (response, upgrade) = hyper_tungstenite::upgrade(&mut request, Some(app.rules.config()))
        .map_err(|error| Problem::BadHandshake(error.to_string()))?;
    let place = app.places.take()?;
    let asked = app.asked(request.headers());
    let watching = app.orders.watch(order, asked).await?;
    let named = asked.map(|it| it.span.get());
    let (marks, stopping) = ((app.life.begin(), place), app.life.stopping());
    let watcher = watch(upgrade, watching, named, app.rules, stopping, marks);
    let name = format!("watcher {}", order.short());
    tokio::spawn(watcher.in_lane(info_span!("requester", name)));
    // There is no body to it, and a length of one would only confuse clients.
    Ok(response.map(|_| Body::empty()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderName, HeaderValue};
    use delay_server::Bound;

    use super::*;
    use crate::here::Here;
    use crate::orders::Limits;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// What a client elsewhere, or on this machine, is answered by.
    fn app(is_here: bool) -> App {
        let limits = Limits { orders: 1, watchers: 1, lifetime: Duration::from_secs(60) };
        let idle = Duration::from_secs(60);
        App {
            orders: Orders::Here(Arc::new(Here::new(limits))),
            is_here,
            secret: Secret::from_env(true).unwrap(),
            names: Arc::new(Bound::to("127.0.0.1:0").unwrap().names),
            places: Sockets::new(Some(1), 0, 1),
            life: Life::default(),
            rules: Rules { frame: 125, idle, grace: idle },
            url: "http://localhost".into(),
        }
    }

    #[tokio::test]
    async fn only_who_is_on_this_machine_is_followed_and_told() {
        let asks = HeaderValue::from_str(&format!("00-{TRACE}-00f067aa0ba902b7-01")).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static("traceparent"), asks)]);
        let told = |app: &App| recording(State(app.clone()), Ok(Path(TRACE.to_owned())));
        let elsewhere = app(false);
        open(State(elsewhere.clone()), headers.clone()).await.unwrap();
        assert!(matches!(
            told(&App { is_here: true, ..elsewhere }).await,
            Err(Problem::UnknownTrace)
        ));
        let here = app(true);
        open(State(here.clone()), headers).await.unwrap();
        assert_eq!(told(&here).await.unwrap().status(), StatusCode::OK);
        let refused = told(&App { is_here: false, ..here }).await;
        assert!(matches!(refused, Err(Problem::UnknownRoute)), "as if there were no such route");
    }

    #[test]
    fn a_page_is_ours_where_it_comes_from_the_host_that_it_asks() {
        let is_own = |host: &'static str, origins: &[&'static str]| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            for origin in origins {
                headers.append(ORIGIN, HeaderValue::from_static(origin));
            }
            is_own_origin(&headers)
        };
        assert!(is_own("localhost:8000", &[]));
        assert!(is_own("localhost:8000", &["http://localhost:8000"]));
        assert!(is_own("tracker.example", &["https://Tracker.example"]));
        for origin in [
            "http://localhost:8001",
            "http://localhost",
            "http://evil.example",
            "http://localhost:8000.evil.example",
            "null",
            "",
            "file://localhost:8000",
        ] {
            assert!(!is_own("localhost:8000", &[origin]), "{origin}");
        }
        assert!(!is_own("localhost:8000", &["http://localhost:8000", "http://evil.example"]));
        assert!(!is_own("", &["http://"]));
    }
}
