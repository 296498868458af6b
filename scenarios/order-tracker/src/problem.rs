//! Why a request is refused, in a sentence.

use axum::http::StatusCode;
use axum::http::header::{HeaderName, UPGRADE, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use web_service::{BodyError, Refusal};

use crate::orders::Trouble;
use crate::position::Impossible;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error(
        "nothing is here; there are POST /orders, POST /orders/ID/position, the page /track/ID and the WebSocket /ws/orders/ID"
    )]
    UnknownRoute,
    #[error("nothing is recorded here of a request with this trace, or no longer")]
    UnknownTrace,
    #[error("this does not answer that method; the header Allow has those that it answers")]
    WrongMethod,
    #[error(
        "this server goes by the name of localhost and by the one it was told to listen on (--addr)"
    )]
    WrongName,
    #[error("this server answers its own pages and programs, and no page of another's")]
    WrongOrigin,
    #[error("say Authorization: Bearer SECRET, with the secret that the server was started with")]
    NoSecret,
    #[error(transparent)]
    NoBody(#[from] BodyError),
    #[error("the body is no position: {0}")]
    NoPosition(#[from] serde_json::Error),
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error("this is a WebSocket: ask for it by GET, with Upgrade: websocket")]
    NoWebSocket,
    #[error("this is no handshake of a WebSocket: {0}")]
    BadHandshake(String),
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownRoute | Self::UnknownTrace | Self::Trouble(Trouble::Unknown) => {
                StatusCode::NOT_FOUND
            }
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::WrongName => StatusCode::MISDIRECTED_REQUEST,
            Self::WrongOrigin => StatusCode::FORBIDDEN,
            Self::NoSecret => StatusCode::UNAUTHORIZED,
            Self::NoBody(error) => error.status(),
            Self::NoPosition(_) | Self::BadHandshake(_) => StatusCode::BAD_REQUEST,
            Self::Impossible(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoWebSocket => StatusCode::UPGRADE_REQUIRED,
            Self::Trouble(Trouble::NoRandomness) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Trouble(
                Trouble::Full(_)
                | Trouble::Crowded(_)
                | Trouble::NoPlace(_)
                | Trouble::Gone(_)
                | Trouble::Refused(_),
            ) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Trouble(Trouble::Gone(_)) => Some(3),
            Self::Trouble(
                Trouble::Full(_) | Trouble::Crowded(_) | Trouble::NoPlace(_) | Trouble::Refused(_),
            ) => Some(60),
            _ => None,
        }
    }

    /// What the status wants told besides.
    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::NoSecret => Some((WWW_AUTHENTICATE, "Bearer")),
            Self::NoWebSocket => Some((UPGRADE, "websocket")),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let refusal = Refusal::new(self.status(), self.to_string());
        let refusal = Refusal { retry_after: self.retry_after(), ..refusal };
        (axum::response::AppendHeaders(self.header()), refusal).into_response()
    }
}
