//! The six programs, run as a user runs them.

mod children;
#[cfg(unix)]
mod family;
mod heartbeat;
mod options;
mod strategies;

mod support;
