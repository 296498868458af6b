//! Three requests that count their replies together.
//!
//! `cargo workshop run lock-across-await` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    let total = Arc::new(Mutex::new(0));
    let fetched = fetch_all(&plan, &total).await;
    run.say(&format!("{} replies", total.lock().unwrap()));
    run.finish(fetched)
}

async fn fetch_all(plan: &Plan, total: &Arc<Mutex<u32>>) -> Result<(), Failure> {
    let client = plan.async_client()?;
    try_join_all(plan.requests().map(|request| {
        let (span, total) = (request.span(), total.clone());
        fetch_and_count(client.clone(), request, total).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn fetch_and_count(
    client: Client,
    request: Request,
    total: Arc<Mutex<u32>>,
) -> Result<(), Failure> {
    let mut total = total.lock().unwrap();
    fetch(client, request).await?;
    *total += 1;
    Ok(())
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
