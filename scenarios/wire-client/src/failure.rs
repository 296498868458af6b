//! What can go wrong with a command, in words.

use crate::{AddressError, Error};

/// Why a request failed, and what to do about it.
///
/// It is made where the error arises, inside the requester's span, and so
/// belongs to that requester.
#[derive(Debug)]
pub struct Failure(harness::Failure);

impl Failure {
    /// With its cause and what to do next, one line each.
    pub fn new(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(harness::Failure::new(cause, hint))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.to_string(), hint(&error))
    }
}

/// What to do about it.
fn hint(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { .. } => {
            "start a Redis 6 or newer there, or unset REDIS_URL to have one started for the run"
        }
        Error::NoMoreFiles => {
            "ask for fewer --connections, or have the limit raised (ulimit -n shows it)"
        }
        Error::NoMoreThreads => {
            "ask for fewer --connections, or have the limit raised (ulimit -u shows it)"
        }
        Error::UnknownHost { .. } => "check how the host is written in REDIS_URL",
        Error::Lost { may_have_run: true, .. } => {
            "the command may have been done or not: look at the database before it is sent again"
        }
        Error::Lost { may_have_run: false, .. } => {
            "the command was not sent, so it can be sent again"
        }
        Error::Protocol(_) => "check that REDIS_URL names a Redis 6 or newer, and no other server",
        Error::Binary(_) | Error::NoAnswer => {
            "that is a fault of this program: say how you ran it, and it can be mended"
        }
        Error::Refused(why) => hint_of_refusal(why),
        Error::Closed => "send commands before the client is closed",
        Error::NotShared { .. } => "give it a connection of its own",
    }
}

/// A refusal begins with a word that tells its kind.
fn hint_of_refusal(why: &str) -> &'static str {
    match why.split_whitespace().next() {
        Some("NOAUTH" | "WRONGPASS" | "NOPERM") => {
            "name a user who may do this in REDIS_URL: redis://user:password@host:port"
        }
        Some("NOPROTO") => "start a Redis 6 or newer: this client speaks version 3 of the protocol",
        Some("LOADING" | "BUSY" | "TRYAGAIN") => "run it again when the database is ready",
        Some("OOM" | "MISCONF" | "READONLY") => "look at what the database itself says",
        _ if why.contains("unknown command") => "start a Redis 6 or newer, which knows it",
        _ => "look at what the database itself says",
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::new(
            format!("REDIS_URL is no address of a Redis: {error}"),
            "set it to one such as redis://localhost:6379, or unset it to have a Redis started",
        )
    }
}

/// The system gives no more threads, or none of what an event loop needs.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let hint = "have the limit raised (ulimit -u shows it), or try --round-trip 0 or a smaller --in-flight";
        harness::Failure::no_more_threads(&error, hint).into()
    }
}

harness::failure_wrapper!(Failure);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_hint() {
        let hint = |error: Error| harness::Failure::from(Failure::from(error)).hint().to_owned();
        let lost = |may_have_run| Error::Lost { reason: "gone".to_owned(), may_have_run };
        assert!(hint(lost(true)).contains("may have been done"));
        assert!(hint(lost(false)).contains("was not sent"));
        let refused = |why: &str| hint(Error::Refused(why.to_owned()));
        assert!(refused("WRONGPASS invalid username-password pair").contains("user:password@"));
        assert!(refused("ERR unknown command 'HELLO'").contains("Redis 6"));
        assert!(refused("").contains("database itself"));
    }

    #[test]
    fn what_a_server_says_is_made_harmless() {
        let failure = Failure::from(Error::Refused("ERR \x1b[2J\r\nsecond".to_owned()));
        let failure = harness::Failure::from(failure);
        assert_eq!(failure.cause(), r"the database refuses: ERR \u{1b}[2J second");
    }
}
