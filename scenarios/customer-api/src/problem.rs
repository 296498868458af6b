//! Refusals: a status, and a sentence that says what is wrong, as RFC 9457 has it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use web_service::{BodyError, Refusal};

use crate::Unanswered;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error(
        "nothing is here; there are /customers/1, /customers/1/report, /?customer_id=1 and, to add a customer, POST /customers"
    )]
    UnknownRoute,
    #[error("this does not answer that method; the header Allow has those that it answers")]
    WrongMethod,
    #[error(
        "this server goes by the name of localhost and by the one it was told to listen on (--addr)"
    )]
    WrongName,
    #[error("this has no recording of that trace any more, or never had one")]
    UnknownTrace,
    #[error("customer_id is missing; say /?customer_id=1")]
    NoId,
    #[error("customer_id is given more than once")]
    RepeatedId,
    #[error("'{0}' is no customer's id; that is a whole number from 1 up")]
    BadId(String),
    #[error("there is no customer {0}")]
    NoCustomer(i64),

    #[error(transparent)]
    NoBody(#[from] BodyError),
    #[error("the body is no customer: {0}")]
    NoDraft(#[from] serde_json::Error),
    #[error("a new customer is given its id; leave it out")]
    IdOfNew,
    #[error("the body has the id {body} and the path {path}")]
    OtherId { body: i64, path: i64 },
    #[error("the customer is not as one has to be")]
    Invalid(#[from] garde::Report),

    #[error(
        "say in If-Match which ETag you have seen, as GET told it, so that no change of another's is lost"
    )]
    NoVersion,
    #[error("If-Match has to hold one ETag, such as \"1\"")]
    BadVersion,
    #[error("the customer's ETag is \"{now}\", and not the one in If-Match; look at it again")]
    Changed { now: i64 },

    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("the server has made a mistake, and the request was not carried to its end")]
    Panicked,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownRoute | Self::UnknownTrace | Self::NoCustomer(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::WrongName => StatusCode::MISDIRECTED_REQUEST,
            Self::NoId | Self::RepeatedId | Self::BadId(_) | Self::BadVersion => {
                StatusCode::BAD_REQUEST
            }
            Self::NoBody(error) => error.status(),
            Self::NoDraft(_) | Self::IdOfNew | Self::OtherId { .. } => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoVersion => StatusCode::PRECONDITION_REQUIRED,
            Self::Changed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::Unanswered(unanswered) => match unanswered {
                Unanswered::Exhausted { .. }
                | Unanswered::TooMany { .. }
                | Unanswered::Gone { .. }
                | Unanswered::Lost(_)
                | Unanswered::Locked => StatusCode::SERVICE_UNAVAILABLE,
                // The server stands between client and database, and the latter took too long.
                Unanswered::Ended { .. } => StatusCode::GATEWAY_TIMEOUT,
                Unanswered::Failed(_) | Unanswered::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// After how many seconds another attempt is worth it.
    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Unanswered(
                Unanswered::Exhausted { .. } | Unanswered::TooMany { .. } | Unanswered::Locked,
            ) => Some(1),
            Self::Unanswered(Unanswered::Gone { .. }) => Some(3),
            // Who has lost a change is to look first, and not to be told to repeat it. And
            // when something that takes too long will take less, nobody knows.
            _ => None,
        }
    }

    /// What is wrong with which field.
    fn errors(&self) -> Option<serde_json::Value> {
        let Self::Invalid(report) = self else { return None };
        let errors = report.iter().map(
            |(field, error)| json!({ "field": field.to_string(), "detail": error.to_string() }),
        );
        Some(errors.collect())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let refusal = Refusal::new(self.status(), self.to_string());
        let (retry_after, errors) = (self.retry_after(), self.errors());
        Refusal { retry_after, errors, ..refusal }.into_response()
    }
}
