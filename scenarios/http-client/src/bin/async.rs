//! Slow requests that wait together: one thread, and an event loop that turns
//! to another request whenever one has to wait.
//!
//! `cargo run -p http-client --bin async`

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        pull_from_server(&client, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_server(client: &Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
