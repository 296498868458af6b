//! A child process that counts the primes of one range.
//!
//! It is the same program, started with `--count FIRST-LAST`. It writes the
//! number into a pipe and ends. Its standard input is a pipe too, which carries
//! nothing: when the parent's end of it closes, the parent is gone, whatever
//! the reason, and the child ends itself.

use std::env;
use std::io::{self, Read};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::thread;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{Failure, Range};

/// Longer answers are rubbish.
const LONGEST_ANSWER: u64 = 64;

/// A process that counts primes. Dropping it ends it.
pub struct Child {
    range: Range,
    id: u32,
    process: tokio::process::Child,
}

impl Child {
    /// Starts this program once more, or another one, inside a runtime.
    pub(crate) fn start(program: Option<&Path>, range: &Range) -> Result<Self, Failure> {
        let started = program
            .map_or_else(env::current_exe, |program| Ok(program.to_owned()))
            .and_then(|program| command(&program, range).spawn());
        let process = started.map_err(|error| Failure::no_child(range, &error))?;
        // It has an id for as long as nobody has waited for its end.
        let id = process.id().unwrap_or_default();
        Ok(Self { range: *range, id, process })
    }

    /// The number by which the system knows the process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits for the number of primes that it found.
    pub async fn answer(mut self) -> Result<u32, Failure> {
        let Self { range, id, .. } = self;
        let unreadable = |error| Failure::unreadable(id, &range, &error);
        let mut answer = Vec::new();
        if let Some(pipe) = self.process.stdout.take() {
            let mut lines = BufReader::new(pipe.take(LONGEST_ANSWER));
            lines.read_until(b'\n', &mut answer).await.map_err(unreadable)?;
        }
        let answer = String::from_utf8_lossy(&answer);
        let found = answer.trim_end().parse().ok().filter(|found| *found <= range.len());
        match found {
            None if !answer.is_empty() => Err(Failure::rubbish(id, &range, answer.trim_end())),
            found => {
                let status = self.process.wait().await.map_err(unreadable)?;
                found.filter(|_| status.success()).ok_or_else(|| Failure::died(id, &range, status))
            }
        }
    }
}

fn command(program: &Path, range: &Range) -> tokio::process::Command {
    let mut command = Command::new(program);
    command.args(["--count", &range.argument()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    apart(&mut command);
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    command
}

/// Ctrl-C in a terminal reaches every process of a group. Children in groups of
/// their own leave it to their parent to end them.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
fn apart(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
}

/// What a child does: counts, says the number, and ends.
pub(crate) fn serve(range: Range) -> ! {
    let watching = thread::Builder::new().spawn(|| {
        // Nothing comes; the read ends when the parent does.
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
    if let Err(error) = watching {
        let hint = "ask for fewer --workers";
        harness::exit(&harness::Failure::no_more_threads(&error, hint));
    }
    match harness::print(&range.count_primes().to_string()) {
        Ok(()) => process::exit(0),
        Err(failure) => harness::exit(&failure),
    }
}
