//! Ten characters from a slow API that should wait together, and do not: the
//! event loop is there, but each of them blocks the one thread that it runs on.
//!
//! `cargo run --bin ingest-async-with-blocking`

use std::process::ExitCode;

use backon::BlockingRetryable;
use character_ingest::{Character, Failure, Failures, Plan, Request, Strategy};
use futures::stream::{self, StreamExt};
use tracing::{Instrument, info};
use ureq::Agent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncWithBlocking);
    let run = plan.start();
    run.finish_all(ingest_all(&plan).await)
}

async fn ingest_all(plan: &Plan) -> Result<(), Failures> {
    let client = plan.blocking_client();
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

async fn ingest(plan: &Plan, client: &Agent, request: Request) {
    info!("Ingesting character number {}", request.id);
    let pull = || pull_from_api(client, &request);
    let pulled =
        pull.retry(plan.backoff()).when(Failure::may_pass).notify(Failure::tell_retry).call();
    plan.keep(&request, pulled);
}

fn pull_from_api(client: &Agent, request: &Request) -> Result<Character, Failure> {
    let reply = client.get(&request.url).call()?;
    request.accept_blocking(reply)
}
