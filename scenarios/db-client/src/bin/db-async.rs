//! Slow queries that wait together: one thread, and an event loop that turns
//! to another query whenever one has to wait for its next row.
//!
//! `cargo run --bin db-async`

use std::process::ExitCode;

use db_client::{Database, Failure, Plan, Request, Strategy};
use futures::future::try_join_all;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
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
    let mut connection = database.connect_async().await?;
    connection.for_each_row(request.query, |_name, _state| rows += 1).await?;
    info!("Query made! Db replied '{rows}' rows");
    connection.close().await?;
    request.done();
    Ok(())
}
