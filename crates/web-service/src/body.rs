//! Reading the bodies of requests, which come from anybody.

use std::error::Error;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use tokio::time::timeout;

/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is called something else.
    #[error("the body has to be JSON, with content-type: application/json")]
    NotJson,
    /// It has more bytes than may be.
    #[error("the body is longer than {most} bytes")]
    TooLong {
        /// So many may be.
        most: usize,
    },
    /// It did not come in time.
    #[error("the body has not come within {} s", BODY_TIMEOUT.as_secs())]
    TooSlow,
    /// Its end never came.
    #[error("the body ended before its end, or is not as its head says")]
    CutOff,
}

impl BodyError {
    /// As which the request is refused.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::CutOff => StatusCode::BAD_REQUEST,
        }
    }
}

/// The body of a request that is called JSON, of so many bytes at most. Whether it is
/// JSON is not looked at.
///
/// # Errors
///
/// When there is none.
pub async fn json_body(request: Request, most: usize) -> Result<Bytes, BodyError> {
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        return Err(BodyError::NotJson);
    }
    let read = timeout(BODY_TIMEOUT, to_bytes(body, most)).await;
    read.map_err(|_| BodyError::TooSlow)?.map_err(|error| match error.source() {
        Some(why) if why.is::<LengthLimitError>() => BodyError::TooLong { most },
        _ => BodyError::CutOff,
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let kind = given.and_then(|given| given.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let body = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, Infallible>>());
        let request = Request::post("/").header(CONTENT_TYPE, "application/json");
        let refused = json_body(request.body(body).unwrap(), 10).await.unwrap_err();
        assert_eq!(refused.to_string(), "the body has not come within 10 s");
    }
}
