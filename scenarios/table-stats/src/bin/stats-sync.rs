//! Averages and sums of big tables, one after another: one thread, and a
//! driver that blocks it until the answer is there.
//!
//! `cargo run --bin stats-sync`

use std::process::ExitCode;

use table_stats::{Database, Failure, Plan, Request, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Sync);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    for request in plan.by_table() {
        let span = request.span();
        span.in_scope(|| pull_from_database(database, request))?;
    }
    Ok(())
}

fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    let mut connection = database.connect()?;
    let value = request.accept(connection.text(request.sql)?)?;
    info!("{request}: {value}");
    Ok(())
}
