//! Slow queries, each on a thread of its own: the driver blocks, but only the
//! thread that asked.
//!
//! `cargo run --bin db-thread`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, Builder};

use db_client::{Database, Failure, Plan, Request, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Thread);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for request in plan.requests() {
            let span = request.span();
            let thread = Builder::new().name(format!("thread of {}", request.name));
            let pull = move || span.in_scope(|| pull_from_database(database, request));
            threads.push(thread.spawn_scoped(scope, pull)?);
        }
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
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
