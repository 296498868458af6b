//! The five programs, run as a user runs them, against real servers.

mod failures;
mod files;
mod guess;
mod outputs;
mod strangers;
mod strategies;

mod support;
