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
//! A program that runs others begins with [`guardian`] and [`end_all_on_signal`]:
//! the first is for its own death, the second for Ctrl-C.

pub use children::{Running, end_all_on_signal};
pub use limits::{Counted, Limit, Limits};
pub use run::{Ended, MOST_OF_END, how_it_ended, run};
/// How a process ended, and what it took.
pub use wait4::ResUse;

mod run;

mod limits;

mod children;
pub mod guardian;
