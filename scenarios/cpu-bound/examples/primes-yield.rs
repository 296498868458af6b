//! What would happen if the work paused? `primes-async`, but after every 10,000
//! numbers a range gives the thread back, and the event loop turns.
//!
//! `cargo run -p cpu-bound --example primes-yield`

use std::process::ExitCode;

use cpu_bound::{Failure, Heartbeat, Plan, Range, Strategy};
use futures::future::join_all;
use tokio::task::yield_now;
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
    let mut found = 0;
    for piece in range.pieces(10_000) {
        found += piece.count_primes();
        yield_now().await;
    }
    info!("Found {found} primes");
    range.done(found)
}
