//! Three mirrors are asked the same, and one answer is enough.
//!
//! `cargo workshop run first-answer-wins` says what is asked, and what it saw.

use std::process::ExitCode;
use std::time::Duration;

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::time::timeout;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut mirrors: Vec<Request> = plan.requests().collect();
    let Some(next) = mirrors.pop() else { return Ok(()) };
    fetch_first(client.clone(), mirrors).await?;
    let span = next.span();
    fetch(client, next).instrument(span).await
}

async fn fetch_first(client: Client, mirrors: Vec<Request>) -> Result<(), Failure> {
    for request in mirrors {
        let span = request.span();
        let fetching = fetch(client.clone(), request).instrument(span);
        if let Ok(fetched) = timeout(Duration::from_secs(1), fetching).await {
            return fetched;
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
