//! Primes in ranges that are found together: the event loop hands the work to
//! other threads, waits for them, and has time for everything else.
//!
//! `cargo run --bin primes-async-spawn-blocking`

use std::process::ExitCode;

use cpu_bound::{Failure, Heartbeat, Plan, Range, Strategy};
use futures::future::try_join_all;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::{Instrument, Span, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncSpawnBlocking);
    let run = plan.start();
    plan.finish(run, find_all(&plan).await)
}

async fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let heartbeat = Heartbeat::start();
    // tokio would start up to 512 threads; the cores are fewer.
    let workers = Semaphore::new(plan.workers());
    let found = try_join_all(plan.ranges().map(|range| {
        let span = range.span();
        find_primes(&workers, range).instrument(span)
    }))
    .await?;
    heartbeat.stop().await?;
    Ok(found.into_iter().sum())
}

async fn find_primes(workers: &Semaphore, range: Range) -> Result<u32, Failure> {
    let _worker = workers.acquire().await?; // given back when this function ends
    info!("Looking for primes {range}");
    let span = Span::current();
    let found = spawn_blocking(move || span.in_scope(|| range.count_primes())).await?;
    info!("Found {found} primes");
    Ok(range.done(found))
}
