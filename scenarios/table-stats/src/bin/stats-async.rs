//! Averages and sums of big tables, the averages together and then the sums:
//! one thread, and an event loop that waits for all connections at once.
//!
//! `cargo run --bin stats-async`

use std::process::ExitCode;

use futures::future::try_join_all;
use table_stats::{Failure, Plan, Pool, Request, Strategy};
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let pool = plan.pool();
    for phase in plan.phases() {
        try_join_all(phase.map(|request| {
            let span = request.span();
            pull_from_database(&pool, request).instrument(span)
        }))
        .await?;
    }
    Ok(())
}

async fn pull_from_database(pool: &Pool, request: Request) -> Result<(), Failure> {
    let value = request.accept(pool.text(request.sql).await?)?;
    info!("{request}: {value}");
    Ok(())
}
