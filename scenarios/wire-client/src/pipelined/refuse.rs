//! Which commands would disturb all who share a connection.
//!
//! A list of names, since the protocol does not say it: Redis has a flag `blocking`, but a
//! client would have to ask for it. A command that Redis learns later is not in the list.

use crate::Error;
use crate::protocol::Command;

const WAITS: &str = "it waits at the server, and all other commands would wait behind it";
const CHANGES: &str = "it changes the connection for all who share it";
const GROUPS: &str = "commands of others would come between it and what belongs to it";
const REPLIES: &str = "replies would no longer be for those who asked";
const SUBSCRIBES: &str = "Client::subscribe keeps messages and replies apart";
const ENDS: &str = "it ends the connection for all who share it; Client::close waits for them";

/// An error if the command is one of them.
pub(super) fn refuse(command: &Command) -> Result<(), Error> {
    match reason(command) {
        None => Ok(()),
        Some(reason) => {
            Err(Error::NotShared { command: command.name().to_ascii_uppercase(), reason })
        }
    }
}

fn reason(command: &Command) -> Option<&'static str> {
    // As long as the longest of the names.
    let mut upper = [0; 12];
    let name = command.name().as_bytes();
    let upper = upper.get_mut(..name.len())?;
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    match &*upper {
        b"BLPOP" | b"BRPOP" | b"BLMOVE" | b"BLMPOP" | b"BRPOPLPUSH" | b"BZPOPMIN" | b"BZPOPMAX"
        | b"BZMPOP" | b"WAIT" | b"WAITAOF" => Some(WAITS),
        b"XREAD" => blocks(command, 1).then_some(WAITS),
        // Behind its name come GROUP and two names, which may be any words.
        b"XREADGROUP" => blocks(command, 4).then_some(WAITS),
        b"SELECT" | b"HELLO" | b"AUTH" | b"RESET" | b"ASKING" | b"READONLY" | b"READWRITE" => {
            Some(CHANGES)
        }
        b"MULTI" | b"EXEC" | b"DISCARD" | b"WATCH" | b"UNWATCH" => Some(GROUPS),
        b"MONITOR" | b"SYNC" | b"PSYNC" | b"REPLCONF" => Some(REPLIES),
        b"SUBSCRIBE" | b"UNSUBSCRIBE" | b"PSUBSCRIBE" | b"PUNSUBSCRIBE" | b"SSUBSCRIBE"
        | b"SUNSUBSCRIBE" => Some(SUBSCRIBES),
        b"QUIT" => Some(ENDS),
        b"CLIENT" => match command.words().nth(1)? {
            it if it.eq_ignore_ascii_case(b"REPLY") => Some(REPLIES),
            it if it.eq_ignore_ascii_case(b"TRACKING")
                || it.eq_ignore_ascii_case(b"CACHING")
                || it.eq_ignore_ascii_case(b"NO-TOUCH")
                || it.eq_ignore_ascii_case(b"NO-EVICT") =>
            {
                Some(CHANGES)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a command that reads streams has the option BLOCK. Behind STREAMS are keys,
/// which may have that name.
fn blocks(command: &Command, options: usize) -> bool {
    let mut options = command.words().skip(options);
    let ends =
        |word: &&[u8]| word.eq_ignore_ascii_case(b"STREAMS") || word.eq_ignore_ascii_case(b"BLOCK");
    options.find(ends).is_some_and(|word| word.eq_ignore_ascii_case(b"BLOCK"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &str) -> Option<&'static str> {
        let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
        let command = rest.split_terminator(' ').fold(Command::new(name), Command::arg);
        match refuse(&command) {
            Ok(()) => None,
            Err(Error::NotShared { command, reason }) => {
                assert_eq!(command, name.to_ascii_uppercase());
                Some(reason)
            }
            Err(error) => panic!("{words}: {error}"),
        }
    }

    #[test]
    fn what_would_disturb_the_others_is_refused() {
        for (words, reason) in [
            ("BLPOP queue 0", WAITS),
            ("blpop queue 0", WAITS),
            ("WAIT 1 0", WAITS),
            ("BRPOPLPUSH one two 0", WAITS),
            ("XREAD BLOCK 0 STREAMS s $", WAITS),
            ("XREAD COUNT 2 block 0 STREAMS s $", WAITS),
            ("XREADGROUP GROUP g me BLOCK 0 STREAMS s >", WAITS),
            ("SELECT 1", CHANGES),
            ("Hello 2", CHANGES),
            ("CLIENT TRACKING on", CHANGES),
            ("MULTI", GROUPS),
            ("EXEC", GROUPS),
            ("MONITOR", REPLIES),
            ("CLIENT reply OFF", REPLIES),
            ("SUBSCRIBE news", SUBSCRIBES),
            ("PUNSUBSCRIBE", SUBSCRIBES),
            ("QUIT", ENDS),
        ] {
            assert_eq!(refused(words), Some(reason), "{words}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for words in [
            "GET BLPOP",
            "LPOP queue",
            "XREAD STREAMS BLOCK 0",
            "XREADGROUP GROUP BLOCK BLOCK STREAMS s >",
            "CLIENT",
            "CLIENT ID",
            "CLIENT SETNAME reply",
            "SETRANGE",
            "BLPOPS",
            "A-NAME-THAT-IS-LONGER-THAN-ANY",
            "\u{e9}",
        ] {
            assert_eq!(refused(words), None, "{words}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let error = refuse(&Command::new("blpop").arg("queue").arg("0")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "BLPOP is refused on a shared connection: it waits at the server, and all other \
             commands would wait behind it"
        );
    }
}
