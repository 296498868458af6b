//! What the clients have in common that have one command on its way, beside the protocol:
//! whatever waits for nobody.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use crate::protocol::{Command, Value};
use crate::{Address, Error};

pub(crate) mod awaited;
pub(crate) mod blocking;

/// How long a call may take, if nobody says otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How many bytes are read at once, at most.
pub(crate) const PIECE: usize = 16 * 1024;

/// What a connection begins with: version 3 of the protocol, and all else that the address
/// says.
pub(crate) fn greeting(address: &Address) -> impl Iterator<Item = Command> {
    let mut hello = Command::new("HELLO").arg("3");
    if let Some(login) = address.login() {
        hello = hello.arg("AUTH").arg(&login.user).arg(&login.password);
    }
    // A connection begins in the first one.
    let number = (address.number() > 0).then(|| address.number());
    let select = number.map(|number| Command::new("SELECT").int(number));
    [hello].into_iter().chain(select)
}

/// Why a server refuses what a connection begins with, without what it repeats of it: one
/// that does not know a command repeats the words behind its name, and here the password is
/// one of them.
pub(crate) fn turned_away(address: &Address, error: Error) -> Error {
    const REPEATS: &str = ", with args";
    let (Error::Refused(why), Some(login)) = (&error, address.login()) else { return error };
    let why = why.split_once(REPEATS).map_or(why.as_str(), |(before, _)| before);
    if why.contains(&login.password) {
        return Error::Refused("it repeats the password, so its words are not told".to_owned());
    }
    Error::Refused(why.to_owned())
}

/// A reply for the caller: a refusal is an error.
pub(crate) fn answer(reply: Value) -> Result<Value, Error> {
    match reply {
        Value::Error(why) => Err(Error::refused(&why)),
        reply => Ok(reply),
    }
}

/// How much time is left; where there is none, no attempt is made. A server that never
/// stops would else be read for ever: what can be read at once is not given up by a timer.
pub(crate) fn left(until: Instant) -> io::Result<Duration> {
    match until.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

/// Something was read or written; nothing means that the other side has ended it.
pub(crate) fn some(bytes: usize) -> io::Result<usize> {
    if bytes == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// There is no connection, for this reason.
pub(crate) fn unreachable(address: &Address, error: &io::Error) -> Error {
    let address = address.to_string();
    if harness::is_for_want_of_files(error) {
        return Error::NoMoreFiles;
    }
    match error.kind() {
        // As sockets that block call it.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Error::Unreachable { address, reason: ErrorKind::TimedOut }
        }
        // What the system says has its number: this is the look-up, for which std has no word.
        _ if error.raw_os_error().is_none() => Error::UnknownHost { address },
        reason => Error::Unreachable { address, reason },
    }
}

/// There was a connection, and something of a command had been sent.
pub(crate) fn lost(error: &io::Error, patience: Duration) -> Error {
    let reason = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("no complete reply came in {} s", patience.as_secs_f64())
        }
        ErrorKind::UnexpectedEof => "the server closed it before the reply was complete".to_owned(),
        kind => kind.to_string(),
    };
    Error::Lost { reason, may_have_run: true }
}

/// More than one reply came.
pub(crate) fn unasked() -> Error {
    let reason = "a reply came that nobody had asked for".to_owned();
    Error::Lost { reason, may_have_run: true }
}

/// The reply to a call before this one may still come, and would be taken for that to this
/// one.
pub(crate) fn out_of_step() -> Error {
    let reason = "an earlier call ended without its reply, which may still come".to_owned();
    Error::Lost { reason, may_have_run: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(address: &str) -> Vec<Command> {
        greeting(&address.parse().unwrap()).collect()
    }

    #[cfg(unix)]
    #[test]
    fn a_limit_of_ours_is_not_told_of_the_server() {
        let address = "redis://here".parse().unwrap();
        assert_eq!(unreachable(&address, &io::Error::from_raw_os_error(24)), Error::NoMoreFiles);
        let error = unreachable(&address, &io::ErrorKind::WouldBlock.into());
        assert!(error.to_string().ends_with(": timed out"), "{error}");
    }

    #[test]
    fn a_server_that_repeats_the_password_is_told_without_it() {
        let address = "redis://me:sesame@here".parse().unwrap();
        let told = |why: &[u8]| turned_away(&address, Error::refused(why)).to_string();
        let unknown = "the database refuses: ERR unknown command `HELLO`";
        let why = b"ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `me`, `se";
        assert_eq!(told(why), unknown);
        assert!(told(b"what is 'HELLO 3 AUTH me sesame'?").ends_with("its words are not told"));
        assert_eq!(told(b"WRONGPASS no"), "the database refuses: WRONGPASS no");
        assert_eq!(turned_away(&address, Error::Closed), Error::Closed);
    }

    #[test]
    fn a_connection_begins_with_what_its_address_says() {
        let hello = Command::new("HELLO").arg("3");
        assert_eq!(begins("redis://here"), std::slice::from_ref(&hello));
        assert_eq!(begins("redis://here/7"), [hello.clone(), Command::new("SELECT").arg("7")]);
        let login = hello.clone().arg("AUTH").arg("me").arg("secret");
        assert_eq!(begins("redis://me:secret@here"), [login]);
        let login = hello.arg("AUTH").arg("default").arg("secret");
        assert_eq!(begins("redis://:secret@here"), [login]);
    }
}
