//! What can go wrong with a request, in words.

use database::Trouble;

use crate::Table;

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

const FILL_IT: &str = "fill it with cargo run -p table-stats --bin generate-tables";

impl Failure {
    /// There is nothing that could have an average or a sum.
    pub(crate) fn empty(table: Table) -> Self {
        Self(harness::Failure::new(format!("{table} has no rows"), FILL_IT))
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        let hint = match error.trouble {
            Trouble::NoFile | Trouble::NoTable(_) => FILL_IT,
            Trouble::Full(_) => "make room, or ask for fewer --rows",
            _ => error.hint(),
        };
        Self(harness::Failure::new(error.to_string(), hint))
    }
}

harness::no_more_threads!(
    Failure,
    "have the limit of threads raised (ulimit -u shows it), or give fewer --workers"
);

harness::failure_wrapper!(Failure);
