//! The three servers, run as a user runs them, over real databases.

mod answers;
mod changes;
mod counter;
mod gone;
mod limits;
mod look_ups;
#[cfg(feature = "mongodb")]
mod mongo;
#[cfg(unix)]
mod shutdown;
mod visitors;

mod support;
