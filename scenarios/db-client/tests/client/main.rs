//! The five programs, run as a user runs them, against real databases.

mod defaults;
mod failures;
mod strategies;

mod support;
