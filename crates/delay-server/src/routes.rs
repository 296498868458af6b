//! What each request is answered with.

use std::sync::Arc;

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
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

impl Answer {
    pub(crate) async fn response(self) -> Response<String> {
        match self {
            Self::Now(response) => response,
            Self::After(wait) => text(StatusCode::OK, wait.finish().await),
        }
    }
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
            "/delay-me" | "/stats" | "/healthz" if method != Method::GET => Err(only_get()),
            "/delay-me" => self.delay_me(uri.query().unwrap_or_default()),
            "/stats" => Ok(Answer::Now(self.stats())),
            "/healthz" => Ok(Answer::Now(text(StatusCode::OK, "ok"))),
            _ => Err(not_found()),
        };
        answer.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    fn delay_me(&self, query: &str) -> Result<Answer, Response<String>> {
        let seconds = Seconds::from_query(query, self.max_seconds)
            .map_err(|error| bad_seconds(&error, self.max_seconds))?;
        Wait::begin(seconds, &self.counts)
            .map(Answer::After)
            .ok_or_else(|| no_place(self.counts.max_in_flight()))
    }

    fn stats(&self) -> Response<String> {
        let stats = self.counts.stats();
        let json = serde_json::to_string(&stats).expect("a struct of numbers is always JSON");
        response(StatusCode::OK, "application/json", json)
    }

    fn refuse(&self, refusal: Response<String>) -> Answer {
        self.counts.reject();
        let status = refusal.status().as_u16();
        info!(target: "delay_server", status, "refused: {}", refusal.body());
        Answer::Now(refusal)
    }
}

fn bad_seconds(error: &BadSeconds, max: f64) -> Response<String> {
    let sentence = format!("{error}; it must be one decimal number from 0 to {max}");
    text(StatusCode::BAD_REQUEST, sentence)
}

fn not_found() -> Response<String> {
    let sentence = "nothing is here; there are /delay-me?seconds=2, /stats and /healthz";
    text(StatusCode::NOT_FOUND, sentence)
}

fn only_get() -> Response<String> {
    let sentence = "this answers GET and no other method";
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, sentence);
    let get = HeaderValue::from_static("GET");
    response.headers_mut().insert(ALLOW, get);
    response
}

fn no_place(max_in_flight: usize) -> Response<String> {
    let sentence = format!("{max_in_flight} requests wait here already; try again in a second");
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, sentence);
    let one_second = HeaderValue::from_static("1");
    response.headers_mut().insert(RETRY_AFTER, one_second);
    response
}

fn text(status: StatusCode, sentence: impl Into<String>) -> Response<String> {
    response(status, "text/plain; charset=utf-8", sentence.into())
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
