//! What each request is answered with, whichever server does the look-ups.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use delay_server::Names;
use futures::future::BoxFuture;
use garde::Validate;
use lens::{InLane, Lens};
use serde::Serialize;
use tracing::{error, info, info_span};
use web_service::{Life, json_body, traceparent};

use crate::problem::Problem;
use crate::{Customer, Draft, Order, Reply, Unanswered};

/// The longest body, in bytes: many times as much as a customer needs.
const MAX_BODY: usize = 16 * 1024;

/// What is done for a request, by one of the servers.
pub(crate) type CarryOut = dyn Fn(Order) -> BoxFuture<'static, Done> + Send + Sync;
type Done = Result<Reply, Unanswered>;

/// What the answers depend on, besides the request.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) carry_out: Arc<CarryOut>,
    /// What records its requests.
    pub(crate) lens: Lens,
    pub(crate) names: Arc<Names>,
    pub(crate) life: Life,
}

/// Every route, and what answers where there is none.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(find_by_query))
        .route("/customers", post(add))
        .route("/customers/{id}", get(find).put(replace).delete(remove))
        .route("/customers/{id}/report", get(report))
        .method_not_allowed_fallback(async || Problem::WrongMethod)
        .fallback(async || Problem::UnknownRoute)
        .layer(middleware::from_fn_with_state(app.clone(), in_a_lane))
        .with_state(app)
}

/// Makes a requester of each request, in a task of its own.
///
/// The task goes on when the client hangs up: what the database is at cannot be
/// called back, and its connection must not be given to another meanwhile.
async fn in_a_lane(State(app): State<App>, request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let asks = format!("{} {target}", request.method());
    let traceparent = traceparent(request.headers()).map(|it| it.to_string());
    let span = match short_name(request.method(), request.uri()) {
        Some(name) => info_span!("requester", name, asks, traceparent),
        None => info_span!("requester", name = asks, traceparent),
    };
    let is_ours = app.names.has(request.headers(), request.uri());
    let under_way = app.life.begin();
    let task = async move {
        let response =
            if is_ours { next.run(request).await } else { Problem::WrongName.into_response() };
        info!("Answered {}", response.status());
        if response.status().is_server_error() {
            lens::failed()
        } else {
            harness::done()
        }
        drop(under_way);
        response
    };
    // It fails only where it panics, and that has been told on stderr.
    let response = tokio::spawn(task.in_lane(span)).await;
    response.unwrap_or_else(|_| Problem::Panicked.into_response())
}

/// A name that a picture has room for, such as `report 7`; none where nothing is asked
/// for that there could be.
fn short_name(method: &Method, uri: &Uri) -> Option<String> {
    let parts: Vec<&str> = uri.path().split('/').skip(1).collect();
    let id = match parts[..] {
        [""] => id_in_query(uri).ok()?,
        ["customers"] if method == Method::POST => return Some("add".to_owned()),
        ["customers", id] | ["customers", id, "report"] => parse_id(id).ok()?,
        _ => return None,
    };
    let does = match (method, parts.len()) {
        (&Method::GET | &Method::HEAD, 3) => "report",
        (&Method::GET | &Method::HEAD, _) => "find",
        (&Method::PUT, 2) => "change",
        (&Method::DELETE, 2) => "remove",
        _ => return None,
    };
    Some(format!("{does} {id}"))
}

impl App {
    async fn ask(&self, order: Order) -> Result<Reply, Problem> {
        let mut done = (self.carry_out)(order.clone()).await;
        if let Err(Unanswered::Gone { was_reused: true, .. }) = done {
            // Its connection was from before: a new one tells whether there is a database.
            done = (self.carry_out)(order).await;
        }
        if let Err(unanswered) = &done {
            error!("{}", unanswered.why());
        }
        Ok(done?)
    }
}

/// The id in a path; one that is no text is none.
type Id = Result<Path<String>, PathRejection>;

fn id_in(path: Id) -> Result<i64, Problem> {
    let written = path.map(|Path(id)| id).unwrap_or_default();
    parse_id(&written)
}

fn id_in_query(uri: &Uri) -> Result<i64, Problem> {
    let query = uri.query().unwrap_or_default();
    let mut ids = form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| (name == "customer_id").then_some(value));
    let id = ids.next().ok_or(Problem::NoId)?;
    match ids.next() {
        None => parse_id(&id),
        Some(_) => Err(Problem::RepeatedId),
    }
}

fn parse_id(written: &str) -> Result<i64, Problem> {
    // Rust's own notion of a number is wider: it knows a plus.
    let digits = written.bytes().all(|it| it.is_ascii_digit());
    let id = written.parse().ok().filter(|id| digits && *id >= 1);
    id.ok_or_else(|| Problem::BadId(written.chars().take(40).collect()))
}

async fn find(State(app): State<App>, id: Id, headers: HeaderMap) -> Result<Response, Problem> {
    found(&app, id_in(id)?, &headers).await
}

async fn find_by_query(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    found(&app, id_in_query(&uri)?, &headers).await
}

async fn found(app: &App, id: i64, headers: &HeaderMap) -> Result<Response, Problem> {
    let customer = app.ask(Order::Find { id }).await?.customer(id)?;
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let etag = etag(&customer);
    if known.flat_map(|tags| tags.split(',')).any(|tag| is_same(tag, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    Ok(with_etag(StatusCode::OK, &customer))
}

async fn report(State(app): State<App>, id: Id) -> Result<Response, Problem> {
    let id = id_in(id)?;
    match app.ask(Order::Report { id }).await? {
        Reply::Report(report) => Ok(json(StatusCode::OK, &report)),
        _ => Err(Problem::NoCustomer(id)),
    }
}

async fn add(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let draft = draft_in(request).await?;
    if draft.id.is_some() {
        return Err(Problem::IdOfNew);
    }
    // What has just been added is there, whatever its id.
    let customer = app.ask(Order::Add(draft)).await?.customer(0)?;
    let location = [(LOCATION, format!("/customers/{}", customer.id))];
    Ok((location, with_etag(StatusCode::CREATED, &customer)).into_response())
}

async fn replace(State(app): State<App>, id: Id, request: Request) -> Result<Response, Problem> {
    let id = id_in(id)?;
    let seen = seen(request.headers())?;
    let by = draft_in(request).await?;
    if let Some(body) = by.id.filter(|body| *body != id) {
        return Err(Problem::OtherId { body, path: id });
    }
    let customer = app.ask(Order::Replace { id, seen, by }).await?.customer(id)?;
    Ok(with_etag(StatusCode::OK, &customer))
}

async fn remove(State(app): State<App>, id: Id, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let (id, seen) = (id_in(id)?, seen(&headers)?);
    app.ask(Order::Remove { id, seen }).await?.customer(id)?;
    Ok(StatusCode::NO_CONTENT)
}

impl Reply {
    /// The customer that was asked for by this id.
    fn customer(self, id: i64) -> Result<Customer, Problem> {
        match self {
            Self::Customer(customer) => Ok(customer),
            Self::Changed { now } => Err(Problem::Changed { now }),
            Self::Report(_) | Self::NotThere => Err(Problem::NoCustomer(id)),
        }
    }
}

fn etag(customer: &Customer) -> String {
    format!("\"{}\"", customer.version)
}

/// Whether both are of the same version. For reading it makes no difference whether
/// a proxy on the way has called one of them weak.
fn is_same(given: &str, etag: &str) -> bool {
    let given = given.trim();
    given == "*" || given.strip_prefix("W/").unwrap_or(given) == etag
}

/// The version that a client wants to change. One that is not ours has never been.
fn seen(headers: &HeaderMap) -> Result<i64, Problem> {
    let mut given = headers.get_all(IF_MATCH).iter();
    let given = (given.next().ok_or(Problem::NoVersion)?, given.next());
    let (Ok(tag), None) = (given.0.to_str(), given.1) else { return Err(Problem::BadVersion) };
    // Whatever there is would be whatever another has made of it.
    if tag.trim() == "*" {
        return Err(Problem::NoVersion);
    }
    let bare = tag.trim().strip_prefix("W/").unwrap_or(tag.trim());
    let quoted = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted.filter(|inside| !inside.contains('"')) {
        None => Err(Problem::BadVersion),
        // A weak one never matches here: RFC 9110, 13.1.1.
        Some(_) if tag.trim().starts_with("W/") => Ok(0),
        Some(inside) => Ok(parse_id(inside).unwrap_or(0)),
    }
}

/// The customer in a request's body.
async fn draft_in(request: Request) -> Result<Draft, Problem> {
    let draft: Draft = serde_json::from_slice(&json_body(request, MAX_BODY).await?)?;
    draft.validate()?;
    Ok(draft)
}

fn with_etag(status: StatusCode, customer: &Customer) -> Response {
    ([(ETAG, etag(customer))], json(status, customer)).into_response()
}

pub(crate) fn json(status: StatusCode, content: &impl Serialize) -> Response {
    // Numbers and texts can always be written.
    web_service::json(status, serde_json::to_string(content).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn requesters_have_names_that_a_picture_has_room_for() {
        let name = |method: &str, uri: &str| {
            short_name(&method.parse().unwrap(), &uri.parse().unwrap()).unwrap_or_default()
        };
        assert_eq!(name("GET", "/customers/7"), "find 7");
        assert_eq!(name("HEAD", "/?a=b&customer_id=7"), "find 7");
        assert_eq!(name("GET", "/customers/1000/report"), "report 1000");
        assert_eq!(name("POST", "/customers"), "add");
        assert_eq!(name("PUT", "/customers/7"), "change 7");
        assert_eq!(name("DELETE", "/customers/7"), "remove 7");
        for (method, uri) in [
            ("GET", "/"),
            ("GET", "/customers"),
            ("GET", "/customers/+7"),
            ("GET", "/customers/7/"),
            ("PUT", "/customers/7/report"),
            ("PUT", "/?customer_id=7"),
            ("GET", "/customers/99999999999999999999"),
        ] {
            assert_eq!(name(method, uri), "", "{method} {uri}");
        }
    }

    #[test]
    fn if_match_holds_one_version_and_a_weak_or_strange_one_has_never_been() {
        let seen = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (IF_MATCH, HeaderValue::from_str(tag).unwrap()));
            let mut headers = HeaderMap::new();
            for (name, tag) in tags {
                headers.append(name, tag);
            }
            seen(&headers)
        };
        assert_eq!(seen(&["\"3\""]).unwrap(), 3);
        for strange in ["W/\"3\"", "\"abc\"", "\"\"", "\"+3\"", "\"-3\""] {
            assert_eq!(seen(&[strange]).unwrap(), 0, "{strange}");
        }
        assert!(matches!(seen(&[]), Err(Problem::NoVersion)));
        assert!(matches!(seen(&["*"]), Err(Problem::NoVersion)));
        for bad in [&["3"][..], &["\"3"], &["\"3\", \"4\""], &["\"3\"", "\"4\""], &[""]] {
            assert!(matches!(seen(bad), Err(Problem::BadVersion)), "{bad:?}");
        }
    }
}
