//! Primes in ranges, and a heartbeat that shares the event loop with them.
//!
//! `cargo workshop run the-loop-that-computes` says what is asked, and what it saw.

use std::process::ExitCode;

use cpu_bound::{Failure, Heartbeat, Plan, Range, Strategy};
use futures::future::try_join_all;
use tokio::task::spawn_blocking;
use tracing::{Instrument, Span, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    plan.finish(run, find_all(&plan).await)
}

async fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let heartbeat = Heartbeat::start();
    let found = try_join_all(plan.ranges().map(|range| {
        let span = range.span();
        find_primes(range).instrument(span)
    }))
    .await?;
    heartbeat.stop().await?;
    Ok(found.into_iter().sum())
}

async fn find_primes(range: Range) -> Result<u32, Failure> {
    info!("Looking for primes {range}");
    let span = Span::current();
    let found = spawn_blocking(move || span.in_scope(|| range.count_primes())).await?;
    info!("Found {found} primes");
    Ok(range.done(found))
}
