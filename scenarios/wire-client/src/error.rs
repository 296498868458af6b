//! What can go wrong between a caller and the database.

use std::io;

use crate::binary::BinaryError;
use crate::protocol::ProtocolError;

/// Why a command has no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no connection, and none can be made.
    #[error("nobody answers at {address}: {reason}")]
    Unreachable {
        /// Where the database should be.
        address: String,
        /// What the system says.
        reason: io::ErrorKind,
    },
    /// The system gives this process no more sockets.
    #[error("no more files can be opened, and a connection is one")]
    NoMoreFiles,
    /// The system gives this process no more threads.
    #[error("no more threads can be started, and each connection has one")]
    NoMoreThreads,
    /// Nobody has this name.
    #[error("the host of {address} is not known")]
    UnknownHost {
        /// Where the database should be.
        address: String,
    },
    /// The connection ended before the reply came.
    #[error("the connection was lost: {reason}")]
    Lost {
        /// What ended it, such as `the server closed it`.
        reason: String,
        /// Whether any byte of the command may have gone out: then the server may have
        /// done what it says, and to say it again may do it twice.
        may_have_run: bool,
    },
    /// What came is no reply.
    #[error("the server does not speak Redis's protocol: {0}")]
    Protocol(#[from] ProtocolError),
    /// The same of [the other protocol](crate::binary).
    #[error("the server does not speak the binary protocol: {0}")]
    Binary(#[from] BinaryError),
    /// There is a whole message, and it is no answer to what was asked.
    #[error("what the server says is no answer")]
    NoAnswer,
    /// The database says no.
    #[error("the database refuses: {0}")]
    Refused(String),
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
    /// The command would disturb all who share the connection.
    #[error("{command} is refused on a shared connection: {reason}")]
    NotShared {
        /// Its name, such as `BLPOP`.
        command: String,
        /// What it would do to the others.
        reason: &'static str,
    },
}

impl Error {
    /// A connection ended, and nothing of a command went out.
    pub(crate) fn lost(reason: &str) -> Self {
        Self::Lost { reason: reason.to_owned(), may_have_run: false }
    }

    /// The same in the system's words.
    pub(crate) fn broken(error: &io::Error) -> Self {
        Self::lost(&error.kind().to_string())
    }

    /// The database says no. It may say it at any length.
    pub(crate) fn refused(text: &[u8]) -> Self {
        Self::Refused(excerpt(text))
    }

    /// The same error for a command that may have run, or that cannot have. What could not
    /// be understood ended the connection too: only then it matters what may have run.
    #[must_use]
    pub(crate) fn told(self, may_have_run: bool) -> Self {
        match self {
            Self::Lost { reason, .. } => Self::Lost { reason, may_have_run },
            error @ Self::Protocol(_) => Self::Lost { reason: error.to_string(), may_have_run },
            error => error,
        }
    }
}

/// How many bytes are told of what comes from a server.
const LONGEST: usize = 512;

/// The beginning of what a server says, as text.
pub(crate) fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(LONGEST)]).into_owned()
}
