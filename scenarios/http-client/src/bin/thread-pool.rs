//! Slow requests, taken from a queue by a few threads: who finds no thread free
//! waits for one.
//!
//! `cargo run -p http-client --bin thread-pool`

use std::process::ExitCode;
use std::sync::OnceLock;

use http_client::{Failure, Plan, Request, Strategy};
use rayon::ThreadPoolBuilder;
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::ThreadPool);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    let failure = OnceLock::new();
    let pool = ThreadPoolBuilder::new()
        .num_threads(plan.workers())
        .thread_name(|index| format!("worker {}", index + 1))
        .build()?;
    pool.in_place_scope_fifo(|scope| {
        for request in plan.requests() {
            let (client, failure, span) = (&client, &failure, request.span());
            scope.spawn_fifo(move |_| {
                if let Err(error) = span.in_scope(|| pull_from_server(client, request)) {
                    let _ = failure.set(error); // only the first one counts
                }
            });
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

fn pull_from_server(client: &Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
