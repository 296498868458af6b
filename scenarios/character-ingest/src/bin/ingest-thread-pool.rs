//! Ten characters from a slow API, taken from a queue by five threads: who finds
//! no thread free waits for one.
//!
//! `cargo run --bin ingest-thread-pool`

use std::process::ExitCode;

use backon::BlockingRetryable;
use character_ingest::{Character, Failure, Failures, Plan, Request, Strategy};
use rayon::ThreadPoolBuilder;
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::ThreadPool);
    let run = plan.start();
    run.finish_all(ingest_all(&plan))
}

fn ingest_all(plan: &Plan) -> Result<(), Failures> {
    let client = plan.blocking_client();
    let pool = ThreadPoolBuilder::new()
        .num_threads(plan.workers())
        .thread_name(|index| format!("worker {}", index + 1))
        .build()?;
    pool.in_place_scope_fifo(|scope| {
        for request in plan.requests() {
            let (client, span) = (&client, request.span());
            scope.spawn_fifo(move |_| span.in_scope(|| ingest(plan, client, request)));
        }
    });
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
