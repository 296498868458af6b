//! The three servers, run as a user runs them, over real databases.

mod answers;
mod changes;
mod gone;
mod look_ups;
#[cfg(unix)]
mod shutdown;
mod visitors;

mod support;
