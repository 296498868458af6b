//! Slow queries that should wait together, and do not: the event loop is
//! there, but each query blocks the one thread that it runs on.
//!
//! `cargo run --bin db-async-with-blocking`

use std::process::ExitCode;

use db_client::{Database, Failure, Plan, Request, Strategy};
use futures::future::try_join_all;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncWithBlocking);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        pull_from_database(database, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    info!("Making query '{}'", request.query);
    let mut rows = 0_u64;
    let mut connection = database.connect()?;
    connection.for_each_row(request.query, |_name, _state| rows += 1)?;
    info!("Query made! Db replied '{rows}' rows");
    connection.close()?;
    request.done();
    Ok(())
}
