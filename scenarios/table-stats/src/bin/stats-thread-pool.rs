//! Averages and sums of big tables, taken from a queue by a few threads, the
//! averages first: who finds no thread free waits for one.
//!
//! `cargo run --bin stats-thread-pool`

use std::process::ExitCode;
use std::sync::OnceLock;

use rayon::ThreadPoolBuilder;
use table_stats::{Database, Failure, Plan, Request, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::ThreadPool);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    let pool = ThreadPoolBuilder::new()
        .num_threads(plan.workers())
        .thread_name(|index| format!("worker {}", index + 1))
        .build()?;
    for phase in plan.phases() {
        let failure = OnceLock::new();
        pool.in_place_scope_fifo(|scope| {
            for request in phase {
                let (failure, span) = (&failure, request.span());
                scope.spawn_fifo(move |_| {
                    if let Err(error) = span.in_scope(|| pull_from_database(database, request)) {
                        let _ = failure.set(error); // only the first one counts
                    }
                });
            }
        });
        failure.into_inner().map_or(Ok(()), Err)?;
    }
    Ok(())
}

fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    let mut connection = database.connect()?;
    let value = request.accept(connection.text(request.sql)?)?;
    info!("{request}: {value}");
    Ok(())
}
