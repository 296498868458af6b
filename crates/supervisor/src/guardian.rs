//! A second process of this program, which ends whatever runs when the first is
//! gone: nobody who is killed by `kill -9` can do that for himself.
//!
//! It reads from a pipe who has been started and who has ended. The pipe ends with
//! its writer, however that ends. Only Unix can end a whole group of processes; elsewhere
//! there is no guardian, and a program that is killed leaves behind what it started.
//!
//! A program whose first argument is [`OPTION`] is to do nothing but to [`watch`] its stdin.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What makes a guardian of this program.
pub(crate) const OPTION: &str = "--guard";

/// The pipe to the guardian; none without one.
static PIPE: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// Starts the guardian, a second process of this program. It ends with this one.
///
/// # Errors
///
/// When it cannot be started.
#[cfg(unix)]
pub(crate) fn start(program: &Path) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let mut guardian = Command::new(program);
    guardian.arg(OPTION).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C and a closed terminal are not for it.
    let started = guardian.process_group(0).spawn()?;
    *PIPE.lock().unwrap_or_else(PoisonError::into_inner) = started.stdin;
    Ok(())
}

/// There is none here.
#[cfg(not(unix))]
pub(crate) fn start(_program: &Path) -> io::Result<()> {
    Ok(())
}

/// Tells it of a process that leads a group of its own and has been started.
pub(crate) fn started(id: u32) {
    tell(&format!("+{id}\n"));
}

/// Tells it that this one has ended.
pub(crate) fn ended(id: u32) {
    tell(&format!("-{id}\n"));
}

fn tell(line: &str) {
    if let Some(pipe) = PIPE.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        // If it is gone there is nobody to be told, and nothing else is amiss.
        let _ = pipe.write_all(line.as_bytes());
    }
}

/// Does a guardian's work: reads to the end, and then ends all who still run.
pub(crate) fn watch(told: impl Read) {
    for id in left(BufReader::new(told)) {
        crate::children::kill_group(id);
    }
}

/// Those that were started and have not ended.
fn left(told: impl BufRead) -> BTreeSet<u32> {
    let mut running = BTreeSet::new();
    for line in told.lines().map_while(Result::ok) {
        let (sign, id) = line.split_at_checked(1).unwrap_or_default();
        match (sign, id.parse()) {
            ("+", Ok(id)) => running.insert(id),
            ("-", Ok(id)) => running.remove(&id),
            _ => false,
        };
    }
    running
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_have_not_ended_are_left() {
        assert_eq!(left(&b"+1\n+2\n-1\n+3\n"[..]), BTreeSet::from([2, 3]));
        assert_eq!(left(&b"+1\n\nrubbish\n-7\n"[..]), BTreeSet::from([1]));
    }
}
