//! Primes in ranges, taken from a queue by a few threads: as many as there are
//! cores, however many ranges there are.
//!
//! `cargo run --bin primes-thread-pool`

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use cpu_bound::{Failure, Plan, Range, Strategy};
use rayon::ThreadPoolBuilder;
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::ThreadPool);
    let run = plan.start();
    plan.finish(run, find_all(&plan))
}

fn find_all(plan: &Plan) -> Result<u32, Failure> {
    let found = AtomicU32::new(0);
    let pool = ThreadPoolBuilder::new()
        .num_threads(plan.workers())
        .thread_name(|index| format!("worker {}", index + 1))
        .build()?;
    pool.in_place_scope_fifo(|scope| {
        for range in plan.ranges() {
            let (found, span) = (&found, range.span());
            scope.spawn_fifo(move |_| {
                found.fetch_add(span.in_scope(|| find_primes(range)), Ordering::Relaxed);
            });
        }
    });
    Ok(found.into_inner())
}

fn find_primes(range: Range) -> u32 {
    info!("Looking for primes {range}");
    let found = range.count_primes();
    info!("Found {found} primes");
    range.done(found)
}
