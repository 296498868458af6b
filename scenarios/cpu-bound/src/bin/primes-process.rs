//! Primes in ranges, each in a child process: the children compute, and one
//! thread waits for all of them at once, as it would for slow servers.
//!
//! `cargo run --bin primes-process`

use std::process::ExitCode;

use cpu_bound::{Failure, Plan, Range, Strategy};
use futures::future::try_join_all;
use tokio::sync::Semaphore;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Process);
    let run = plan.start();
    plan.finish(run, find_all(&plan).await)
}

async fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let workers = Semaphore::new(plan.workers());
    let found = try_join_all(plan.ranges().map(|range| {
        let span = range.span();
        find_primes(plan, &workers, range).instrument(span)
    }))
    .await?;
    Ok(found.into_iter().sum())
}

async fn find_primes(plan: &Plan, workers: &Semaphore, range: Range) -> Result<u32, Failure> {
    let _worker = workers.acquire().await?; // given back when this function ends
    let child = plan.start_child(&range)?;
    info!("Looking for primes {range} in process {}", child.id());
    let found = child.answer().await?;
    info!("Found {found} primes");
    Ok(range.done(found))
}
