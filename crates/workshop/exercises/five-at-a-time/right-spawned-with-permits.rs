//! Twelve requests to a server that has five places.
//!
//! `cargo workshop run five-at-a-time` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

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
    let places = Arc::new(Semaphore::new(5));
    let mut all = Vec::new();
    for request in plan.requests() {
        let place = places.clone().acquire_owned().await?;
        let (client, span) = (client.clone(), request.span());
        let one = async move {
            let fetched = fetch(client, request).await;
            drop(place);
            fetched
        };
        all.push(tokio::spawn(one.instrument(span)));
    }
    for one in all {
        one.await??;
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
