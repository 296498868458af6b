//! Live order tracking: couriers deliver their positions, and watchers see them.
//!
//! `cargo run --bin order-tracker`

use std::process::ExitCode;

use order_tracker::Plan;

fn main() -> ExitCode {
    Plan::from_args().serve()
}
