//! What can go wrong with a request, in words.

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        Self(harness::Failure::new(error.to_string(), cities_db::hint(&error)))
    }
}

harness::no_more_threads!(Failure, "ask for fewer --workers, or end other programs");

harness::failure_wrapper!(Failure);
