//! Ten characters from a slow API that wait together: one thread, and an event
//! loop that turns to another whenever one has to wait.
//!
//! `cargo run --bin ingest-async`

use std::process::ExitCode;

use backon::Retryable;
use character_ingest::{Character, Failure, Failures, Plan, Request, Strategy};
use futures::stream::{self, StreamExt};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish_all(ingest_all(&plan).await)
}

async fn ingest_all(plan: &Plan) -> Result<(), Failures> {
    let client = plan.async_client()?;
    let ingests: Vec<_> = plan
        .requests()
        .map(|request| {
            let span = request.span();
            ingest(plan, &client, request).instrument(span)
        })
        .collect();
    stream::iter(ingests).buffer_unordered(plan.limit()).collect::<()>().await;
    plan.verdict()
}

async fn ingest(plan: &Plan, client: &Client, request: Request) {
    info!("Ingesting character number {}", request.id);
    let pull = || pull_from_api(client, &request);
    let pulled =
        pull.retry(plan.backoff()).when(Failure::may_pass).notify(Failure::tell_retry).await;
    plan.keep(&request, pulled);
}

async fn pull_from_api(client: &Client, request: &Request) -> Result<Character, Failure> {
    let reply = client.get(&request.url).send().await?;
    request.accept(reply).await
}
