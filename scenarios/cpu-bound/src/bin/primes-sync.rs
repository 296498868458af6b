//! Primes in ranges, one range after another: one thread computes, and every
//! other core has nothing to do.
//!
//! `cargo run --bin primes-sync`

use std::process::ExitCode;

use cpu_bound::{Failure, Plan, Range, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Sync);
    let run = plan.start();
    plan.finish(run, find_all(&plan))
}

fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let mut found = 0;
    for range in plan.ranges() {
        let span = range.span();
        found += span.in_scope(|| find_primes(range));
    }
    Ok(found)
}

fn find_primes(range: Range) -> u32 {
    info!("Looking for primes {range}");
    let found = range.count_primes();
    info!("Found {found} primes");
    range.done(found)
}
