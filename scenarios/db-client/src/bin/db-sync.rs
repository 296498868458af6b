//! Slow queries, one after another: one thread, and a driver that blocks it
//! until the next row is there.
//!
//! `cargo run --bin db-sync`

use std::process::ExitCode;

use db_client::{Database, Failure, Plan, Request, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Sync);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    for request in plan.requests() {
        let span = request.span();
        span.in_scope(|| pull_from_database(database, request))?;
    }
    Ok(())
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
