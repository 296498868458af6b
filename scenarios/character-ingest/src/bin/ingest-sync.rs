//! Ten characters from a slow API, one after another: one thread, and a client
//! that blocks it until the answer is there.
//!
//! `cargo run --bin ingest-sync`

use std::process::ExitCode;

use backon::BlockingRetryable;
use character_ingest::{Character, Failure, Failures, Plan, Request, Strategy};
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Sync);
    let run = plan.start();
    run.finish_all(ingest_all(&plan))
}

fn ingest_all(plan: &Plan) -> Result<(), Failures> {
    let client = plan.blocking_client();
    for request in plan.requests() {
        let span = request.span();
        span.in_scope(|| ingest(plan, &client, request));
    }
    plan.verdict()
}

fn ingest(plan: &Plan, client: &Agent, request: Request) {
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
