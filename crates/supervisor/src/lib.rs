//! What runs programs on behalf of another: within limits, in a group of their own,
//! and none outlives it, but for one that has left its group by `setsid`.
//!
//! [`run()`] runs one until it ends or goes beyond a limit, and keeps what it wrote:
//!
//! ```
//! use std::process::Command;
//! use std::time::Duration;
//!
//! use supervisor::{Counted, Limits};
//!
//! let limits = Limits {
//!     time: Duration::from_secs(60),
//!     output: 1_000_000,
//!     memory: 1_000_000_000,
//!     threads: 2_000,
//!     counted: Counted::Group,
//! };
//! let mut command = Command::new("cargo");
//! command.arg("--version");
//! let mut ended = supervisor::run(limits, command);
//! assert!(ended.is_good());
//! assert!(ended.end_of_stdout()?.starts_with("cargo "));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`Running`] is one that is left to run, such as a server, and read from meanwhile.
//!
//! A program that runs others begins with [`guard_if_asked`] and then [`begin`], so that
//! none is left when it is killed or interrupted.

pub use children::Running;
pub use limits::{Counted, Limit, Limits};
pub use run::{Ended, MOST_OF_END, how_it_ended, run};
/// How a process ended, and what it took.
pub use wait4::ResUse;

mod run;

mod limits;

mod children;
mod cores;
mod guardian;

use std::path::Path;
use std::{env, io, process};

use harness::{Failure, note};

/// Ends the process, when its work is done, if it was started by another of this
/// program as its guardian: it ends whatever runs when the other is gone.
pub fn guard_if_asked() {
    if env::args_os().nth(1).is_some_and(|first| first == guardian::OPTION) {
        guardian::watch(io::stdin());
        process::exit(0);
    }
}

/// Starts a guardian that is another program, which begins with [`guard_if_asked`]: for a
/// test, whose own program does not.
///
/// # Errors
///
/// When it cannot be started.
pub fn guarded_by(program: impl AsRef<Path>) -> io::Result<()> {
    guardian::start(program.as_ref())
}

/// Starts a guardian, and from here on ends all programs that run before a signal ends
/// this one: then it tells this failure. What cannot be had is said in a note.
pub fn begin(interrupted: Failure) {
    if let Err(error) = env::current_exe().and_then(|this| guardian::start(&this)) {
        note(&format!("whoever kills this may leave programs running: {error}"));
    }
    if let Err(error) = children::end_all_on_signal(interrupted) {
        note(&format!("Ctrl-C may leave programs running: {error}"));
    }
}
