//! Reports and look-ups, and a server with four places.
//!
//! `cargo workshop run place-for-the-quick` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::{StreamExt, TryStreamExt, stream};
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::try_join;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(answer_all(&plan).await)
}

async fn answer_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let (reports, look_ups): (Vec<_>, Vec<_>) = plan.requests().partition(is_report);
    let answer = |request: Request| {
        let span = request.span();
        fetch(client.clone(), request).instrument(span)
    };
    let reports = stream::iter(reports.into_iter().map(answer)).buffer_unordered(3);
    let look_ups = stream::iter(look_ups.into_iter().map(answer)).buffer_unordered(1);
    try_join!(reports.try_collect::<()>(), look_ups.try_collect::<()>())?;
    Ok(())
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
