//! What would happen if the event loop had more threads? The blocking client is
//! still there, but now each request is a task, and `--workers` threads run them.
//!
//! `cargo run -p http-client --example multi-thread`

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use tokio::runtime::Builder;
use tracing::{Instrument, info};
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args_with_pool(Strategy::AsyncWithBlocking);
    let run = plan.start();
    let runtime = Builder::new_multi_thread().worker_threads(plan.workers()).build();
    run.finish(runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(pull_all(&plan))))
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    let tasks = plan.requests().map(|request| {
        let span = request.span();
        tokio::spawn(pull_from_server(client.clone(), request).instrument(span))
    });
    try_join_all(tasks).await.expect("no task panics").into_iter().collect()
}

async fn pull_from_server(client: Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
