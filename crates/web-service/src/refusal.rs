//! Refusals: a status, and a sentence that says what is wrong, as RFC 9457 has it.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub status: StatusCode,
    /// What is wrong, in a sentence.
    pub detail: String,
    /// After how many seconds another attempt is worth it.
    pub retry_after: Option<u32>,
    /// What is wrong with which part of what was sent.
    pub errors: Option<Value>,
}

impl Refusal {
    /// One that has nothing but its sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None, errors: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(errors) = self.errors {
            body["errors"] = errors;
        }
        let content = [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let retry = self.retry_after.map(|seconds| [(RETRY_AFTER, HeaderValue::from(seconds))]);
        let mut response = (self.status, content, body.to_string()).into_response();
        response.headers_mut().extend(retry.into_iter().flatten());
        response
    }
}

/// An answer whose body is this text, which is JSON.
pub fn json(status: StatusCode, text: impl Into<Body>) -> Response {
    let content_type = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, text.into()).into_response()
}
