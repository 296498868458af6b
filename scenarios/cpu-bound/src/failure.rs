//! What can go wrong with a range, in words.

use std::io;
use std::process::ExitStatus;

use tokio::sync::AcquireError;
use tokio::task::JoinError;

use crate::Range;

/// Why a range failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

impl Failure {
    /// No process could be started for the range.
    pub(crate) fn no_child(range: &Range, error: &io::Error) -> Self {
        Self(harness::Failure::new(
            format!("no process can be started for the numbers {range}: {error}"),
            "ask for fewer --workers, or end other programs",
        ))
    }

    /// The child's end of the pipe could not be read.
    pub(crate) fn unreadable(process: u32, range: &Range, error: &io::Error) -> Self {
        Self(harness::Failure::new(
            format!("process {process}, with the numbers {range}, cannot be read: {error}"),
            "look into the system's log: a pipe between two processes does not break by itself",
        ))
    }

    /// The child ended before it had counted.
    pub(crate) fn died(process: u32, range: &Range, status: ExitStatus) -> Self {
        let hint = match status.code() {
            Some(_) => "what it said above tells why",
            None => {
                "somebody ended it; if that was the system, for want of memory, ask for fewer --workers"
            }
        };
        Self(harness::Failure::new(
            format!("process {process}, with the numbers {range}, ended early: {status}"),
            hint,
        ))
    }

    /// The child said what is no number of primes in that range.
    pub(crate) fn rubbish(process: u32, range: &Range, said: &str) -> Self {
        Self(harness::Failure::new(
            format!("process {process}, with the numbers {range}, answered {said:?}"),
            "let no build replace the program while it runs: parent and child have to be the same",
        ))
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let hint = "the message above the picture says where and why";
        Self(harness::Failure::new(format!("the work did not come to its end: {error}"), hint))
    }
}

impl From<AcquireError> for Failure {
    fn from(error: AcquireError) -> Self {
        Self(harness::Failure::new(
            format!("no worker is given out any more: {error}"),
            "this is the program's own fault: it never closes what gives them out",
        ))
    }
}

harness::no_more_threads!(Failure, "ask for fewer --workers or --ranges, or end other programs");

harness::failure_wrapper!(Failure);
