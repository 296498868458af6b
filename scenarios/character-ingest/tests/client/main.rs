//! The programs as a user runs them, against a real delay server and others
//! that behave badly.

mod failures;
mod out;
mod retries;
mod strangers;
mod strategies;
mod support;
