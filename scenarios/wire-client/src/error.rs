//! What can go wrong between a caller and the database.

use std::io;

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
