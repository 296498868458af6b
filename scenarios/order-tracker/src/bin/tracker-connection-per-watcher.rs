//! The tracker where each watcher has a connection to Redis of their own, and a task
//! that forwards what comes on it.
//!
//! `cargo run --bin tracker-connection-per-watcher`, with `REDIS_URL` set

use std::process::ExitCode;

use order_tracker::Plan;

fn main() -> ExitCode {
    Plan::with_a_connection_per_watcher().serve()
}
