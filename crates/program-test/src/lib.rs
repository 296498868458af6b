//! Programs as a test sees them: run as a user runs them, listened to, interrupted,
//! ended in time; and strangers' servers, which behave in every possible way.
//!
//! ```
//! use program_test::{command, run};
//!
//! let ran = run(&mut command("cargo", &["--version"]));
//! assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
//! ```
//!
//! What is not as it should be is a panic: this is for tests alone. A program that
//! hangs is ended and fails its test, and none outlives the test that started it.

mod behaviour;
pub mod http;
mod program;
mod proxy;
mod ran;
mod stranger;

mod patience;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod starved;

pub use behaviour::{Behaviour, Outcome, Then, behaviours};
pub use patience::{PATIENCE, until, until_within};
#[cfg(unix)]
pub use program::signal;
pub use program::{Program, command, run};
pub use proxy::{Held, Proxy};
pub use ran::Ran;
#[cfg(target_os = "linux")]
pub use signals::let_programs_be_signalled;
#[cfg(target_os = "linux")]
pub use starved::command_without_threads;
pub use stranger::{Nobody, Stranger, close_after, nobody, ok, read_head, stall_after, stranger};
