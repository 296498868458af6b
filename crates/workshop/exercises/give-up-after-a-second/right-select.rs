//! Four requests, of which one is not worth waiting for.
//!
//! `cargo workshop run give-up-after-a-second` says what is asked, and what it saw.

use std::process::ExitCode;
use std::time::Duration;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::time::sleep;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        fetch_in_time(client.clone(), request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn fetch_in_time(client: Client, request: Request) -> Result<(), Failure> {
    let patience = patience(&request);
    tokio::select! {
        fetched = fetch(client, request) => fetched,
        () = sleep(patience) => {
            info!("Given up after {patience:?}");
            Ok(())
        }
    }
}

/// How long a request may take.
fn patience(request: &Request) -> Duration {
    Duration::from_secs(if request.name == "R3" { 1 } else { 60 })
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}' for {:?} at most", request.url, patience(&request));
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
