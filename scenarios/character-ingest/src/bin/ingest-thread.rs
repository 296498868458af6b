//! Ten characters from a slow API, each on a thread of its own: the client
//! blocks, but only the thread that asked.
//!
//! `cargo run --bin ingest-thread`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, Builder};

use backon::BlockingRetryable;
use character_ingest::{Character, Failure, Failures, Plan, Request, Strategy};
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Thread);
    let run = plan.start();
    run.finish_all(ingest_all(&plan))
}

fn ingest_all(plan: &Plan) -> Result<(), Failures> {
    let client = &plan.blocking_client();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for request in plan.requests() {
            let span = request.span();
            let thread = Builder::new().name(format!("thread of {}", request.name));
            let ingest = move || span.in_scope(|| ingest(plan, client, request));
            threads.push(thread.spawn_scoped(scope, ingest)?);
        }
        for thread in threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        plan.verdict()
    })
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
