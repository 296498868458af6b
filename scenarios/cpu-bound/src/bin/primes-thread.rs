//! Primes in ranges, each on a thread of its own: the system gives the threads
//! to the cores.
//!
//! `cargo run --bin primes-thread`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, Builder};

use cpu_bound::{Failure, Plan, Range, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Thread);
    let run = plan.start();
    plan.finish(run, find_all(&plan))
}

fn find_all(plan: &Plan) -> Result<u32, Failure> {
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for range in plan.ranges() {
            let span = range.span();
            let thread = Builder::new().name(format!("thread of {}", range.name()));
            let find = move || span.in_scope(|| find_primes(range));
            threads.push(thread.spawn_scoped(scope, find)?);
        }
        let found = |thread: thread::ScopedJoinHandle<'_, u32>| {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        Ok(threads.into_iter().map(found).sum())
    })
}

fn find_primes(range: Range) -> u32 {
    info!("Looking for primes {range}");
    let found = range.count_primes();
    info!("Found {found} primes");
    range.done(found)
}
