//! The timing harness: runs a strategy with a [lens] on it, prints what its
//! requesters say, and draws what they did with their threads and their time.
//!
//! A program's `main` is three lines, whatever its strategy:
//!
//! ```no_run
//! # #[derive(clap::Parser)] struct Plan { #[command(flatten)] options: harness::Options }
//! # fn pull_all() -> Result<(), harness::Failure> { Ok(()) }
//! # let plan: Plan = clap::Parser::parse();
//! let run = harness::start("sync", 3, &plan.options);
//! run.finish(pull_all());
//! ```
//!
//! In between, a requester is an ordinary `tracing` span named `requester` with
//! a `name` and, if it likes, what it `asks` for; what it says are ordinary
//! events inside that span. It ends with [`done`] or with a [`Failure`]; one
//! that ends with neither was dropped.

use std::io::Write;

pub use failure::Failure;
pub use files::{LaterFile, is_for_want_of_files};
pub use lens::guess::Guess;
pub use lens::{done, joined, recording, stages, text, time};
pub use options::{Log, Options};
pub use output::print;
pub use report::{Measured, Prepared, Report, ReportedFailure};
pub use run::{Run, start, start_open, start_with_ideal};
pub use screen::{fitted, width};
pub use strategy::{Programs, Strategy};
pub use transcript::LOOP;

mod options;
mod run;
mod strategy;

pub mod args;
mod failure;
mod files;
pub mod numbers;
pub mod signals;

mod live;
mod log_file;
mod output;
mod report;
mod screen;
mod trace;
mod transcript;

/// What the requester whose span the caller is in asks for; none outside a
/// requester, or if its span does not say.
pub fn asked() -> Option<String> {
    lens::requester()?.asks().map(str::to_owned)
}

/// Prints a note for the user on stderr, above the live view if there is one.
pub fn note(text: &str) {
    let note = screen::fitted_on_stderr(&format!("note: {}", text::harmless(text)));
    live::above(|| _ = writeln!(anstream::stderr(), "{note}"));
}

/// Prints the failure and ends the process with exit code 1: for what goes
/// wrong before a run begins.
pub fn exit(failure: &Failure) -> ! {
    failure.exit()
}
