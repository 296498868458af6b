//! Three orders of two requests each, and a pool of two connections.
//!
//! `cargo workshop run pool-waits-for-itself` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::Semaphore;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut requests = plan.requests();
    let pairs = std::iter::from_fn(|| Some((requests.next()?, requests.next()?)));
    try_join_all(pairs.map(|(first, second)| order(client.clone(), first, second))).await?;
    Ok(())
}

/// Makes both requests of an order, the second one when the first is answered.
async fn order(client: Client, first: Request, second: Request) -> Result<(), Failure> {
    let pool = Arc::new(Semaphore::new(2));
    let _connection = pool.acquire().await?;
    let span = first.span();
    fetch(client.clone(), first).instrument(span).await?;
    let span = second.span();
    fetch(client, second).instrument(span).await
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
