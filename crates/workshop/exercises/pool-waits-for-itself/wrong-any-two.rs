//! Six requests, any two of them at a time.
//!
//! `cargo workshop run pool-waits-for-itself` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::{StreamExt, TryStreamExt, stream};
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
    let all = plan.requests().map(|request| {
        let span = request.span();
        fetch(client.clone(), request).instrument(span)
    });
    stream::iter(all).buffer_unordered(2).try_collect().await
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
