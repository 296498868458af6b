//! What can go wrong with a request, in words.

use std::error::Error;
use std::io;

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

impl Failure {
    /// The strategy itself could not go on.
    fn own(error: &dyn Error) -> Self {
        Self(harness::Failure::new(
            format!("no more threads can be started: {error}"),
            "ask for fewer --workers, or end other programs",
        ))
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        Self(harness::Failure::new(error.to_string(), cities_db::hint(&error)))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::own(&error)
    }
}

impl From<rayon::ThreadPoolBuildError> for Failure {
    fn from(error: rayon::ThreadPoolBuildError) -> Self {
        Self::own(&error)
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
