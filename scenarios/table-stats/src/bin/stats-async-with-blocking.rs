//! Averages and sums of big tables that should wait together, and do not: the
//! event loop is there, but each request blocks the one thread that it runs on.
//!
//! `cargo run --bin stats-async-with-blocking`

use std::process::ExitCode;

use futures::future::try_join_all;
use table_stats::{Database, Failure, Plan, Request, Strategy};
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncWithBlocking);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    for phase in plan.phases() {
        try_join_all(phase.map(|request| {
            let span = request.span();
            pull_from_database(database, request).instrument(span)
        }))
        .await?;
    }
    Ok(())
}

async fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    let mut connection = database.connect()?;
    let value = request.accept(connection.text(request.sql)?)?;
    info!("{request}: {value}");
    Ok(())
}
