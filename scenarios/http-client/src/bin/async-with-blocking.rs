//! Slow requests that should wait together, and do not: the event loop is
//! there, but each request blocks the one thread that it runs on.
//!
//! `cargo run -p http-client --bin async-with-blocking`

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use tracing::{Instrument, info};
use ureq::Agent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncWithBlocking);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        pull_from_server(&client, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_server(client: &Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
