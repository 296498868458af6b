//! Reports and look-ups, and a server with four places.
//!
//! `cargo workshop run place-for-the-quick` says what is asked, and what it saw.

use std::process::ExitCode;
use std::time::Duration;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(answer_all(&plan).await)
}

async fn answer_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let places = Semaphore::new(4);
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        answer(client.clone(), &places, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn answer(client: Client, places: &Semaphore, request: Request) -> Result<(), Failure> {
    if ["seconds=2.4", "seconds=1.2"].iter().any(|last| request.url.ends_with(last)) {
        sleep(Duration::from_secs(3)).await;
    }
    let _place = places.acquire().await?;
    fetch(client, request).await
}

/// Whether it may take long.
fn is_report(request: &Request) -> bool {
    !request.url.ends_with("seconds=0.1")
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    let what = if is_report(&request) { "report" } else { "look-up" };
    info!("Requesting the {what} '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
