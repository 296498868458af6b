//! Reports and look-ups, and a server with four places.
//!
//! `cargo workshop run place-for-the-quick` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::Semaphore;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(answer_all(&plan).await)
}

async fn answer_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let for_reports = Semaphore::new(3);
    let (reports, look_ups): (Vec<_>, Vec<_>) = plan.requests().partition(is_report);
    try_join_all(look_ups.into_iter().map(|request| {
        let span = request.span();
        fetch(client.clone(), request).instrument(span)
    }))
    .await?;
    try_join_all(reports.into_iter().map(|request| {
        let span = request.span();
        report(client.clone(), &for_reports, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn report(client: Client, places: &Semaphore, request: Request) -> Result<(), Failure> {
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
