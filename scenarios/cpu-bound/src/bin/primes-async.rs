//! Primes in ranges that should be found together, and are not: there is
//! nothing to wait for, so each range keeps the one thread until it is done.
//!
//! `cargo run --bin primes-async`

use std::process::ExitCode;

use cpu_bound::{Failure, Heartbeat, Plan, Range, Strategy};
use futures::future::join_all;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    plan.finish(run, find_all(&plan).await)
}

async fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let heartbeat = Heartbeat::start();
    let found = join_all(plan.ranges().map(|range| {
        let span = range.span();
        find_primes(range).instrument(span)
    }))
    .await;
    heartbeat.stop().await?;
    Ok(found.into_iter().sum())
}

async fn find_primes(range: Range) -> u32 {
    info!("Looking for primes {range}");
    let found = range.count_primes();
    info!("Found {found} primes");
    range.done(found)
}
