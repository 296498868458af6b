//! What can go wrong, in words.

use std::io;

use delay_server::client::{self, Hints, Unanswered};
use tokio::task::JoinError;

use crate::Reply;

/// Why a request or a run failed, and what to do about it.
///
/// One that is made inside a requester's span belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

/// Why an executor stopped before its tasks were done.
#[derive(Debug)]
pub enum Stopped {
    /// These tasks wait, and nobody has a waker of any of them.
    NobodyWakes(Vec<String>),
    /// The system cannot wait.
    System(io::Error),
}

impl Failure {
    /// The server answered, but not with what was asked for.
    pub(crate) fn refused(reply: &Reply) -> Self {
        Self(client::refused(reply.status, &reply.content, &Hints::OF_DELAY_ME))
    }
}

/// No whole reply came.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(Unanswered::from(&error).failure(&Hints::OF_DELAY_ME))
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self(match stopped {
            Stopped::NobodyWakes(tasks) => harness::Failure::new(
                format!("nobody can wake {}: no waker is left", tasks.join(", ")),
                "a future that is pending has to keep the waker of its context for whoever will call it",
            ),
            Stopped::System(error) => harness::Failure::new(
                format!("the system cannot wait: {error}"),
                "close what has many files open",
            ),
        })
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let hint = "the message above the picture says where and why";
        Self(harness::Failure::new(format!("a task did not come to its end: {error}"), hint))
    }
}

impl From<Failure> for harness::Failure {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
