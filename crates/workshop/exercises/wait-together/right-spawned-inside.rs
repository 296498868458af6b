//! Three requests that should wait together.
//!
//! `cargo workshop run wait-together` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut all: FuturesUnordered<_> = plan
        .requests()
        .map(|request| {
            let span = request.span();
            {
                let fetch = fetch(client.clone(), request);
                async move { tokio::spawn(fetch).await? }.instrument(span)
            }
        })
        .collect();
    while let Some(one) = all.next().await {
        one?;
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
