//! The programs, run as a user runs them.

mod around;
mod binary;
mod clients;
mod failures;
#[cfg(unix)]
mod own_redis;
mod prepared;
mod strategies;
