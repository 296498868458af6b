//! What would happen if the blocking client were reqwest's own? It hides a
//! runtime in a thread, and a runtime inside a runtime is refused: with a panic
//! in a debug build. A release build leaves that check out and blocks the event
//! loop in silence.
//!
//! `cargo run -p http-client --example reqwest-blocking`

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::blocking::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::AsyncWithBlocking);
    let run = plan.start();
    run.finish(pull_all(&plan).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = Client::builder().no_proxy().timeout(None).build()?;
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        pull_from_server(&client, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_server(client: &Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send()?;
    let content = request.accept_text(reply.status(), reply.text()?)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
