//! Ten requests, of which the server refuses one.
//!
//! `cargo workshop run nine-of-ten` says what is asked, and what it saw.

use std::process::ExitCode;

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::task::JoinSet;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut all = JoinSet::new();
    for request in plan.requests() {
        let span = request.span();
        all.spawn(fetch(client.clone(), request).instrument(span));
    }
    while let Some(ended) = all.join_next().await {
        if let Err(failure) = ended? {
            info!("One request failed: {failure:?}");
        }
    }
    Ok(())
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
