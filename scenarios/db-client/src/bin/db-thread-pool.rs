//! Slow queries, taken from a queue by a few threads: who finds no thread free
//! waits for one.
//!
//! `cargo run --bin db-thread-pool`

use std::process::ExitCode;
use std::sync::OnceLock;

use db_client::{Database, Failure, Plan, Request, Strategy};
use rayon::ThreadPoolBuilder;
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::ThreadPool);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    let failure = OnceLock::new();
    let pool = ThreadPoolBuilder::new()
        .num_threads(plan.workers())
        .thread_name(|index| format!("worker {}", index + 1))
        .build()?;
    pool.in_place_scope_fifo(|scope| {
        for request in plan.requests() {
            let (failure, span) = (&failure, request.span());
            scope.spawn_fifo(move |_| {
                if let Err(error) = span.in_scope(|| pull_from_database(database, request)) {
                    let _ = failure.set(error); // only the first one counts
                }
            });
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    info!("Making query '{}'", request.query);
    let mut rows = 0_u64;
    let mut connection = database.connect()?;
    connection.for_each_row(request.query, |_name, _state| rows += 1)?;
    info!("Query made! Db replied '{rows}' rows");
    connection.close()?;
    request.done();
    Ok(())
}
