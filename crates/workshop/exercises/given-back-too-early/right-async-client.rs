//! A time-out, work that goes on after it, and a server with three places.
//!
//! `cargo workshop run given-back-too-early` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::{runtime::Builder, sync::Semaphore, time::timeout};
use tracing::{Instrument, info};

const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread().enable_all().build().expect("an event loop");
    let ended = runtime.block_on(serve());
    runtime.shutdown_background();
    ended
}

async fn serve() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(answer_all(&plan).await)
}

async fn answer_all(plan: &Plan) -> Result<(), Failure> {
    let (client, places) = (plan.async_client()?, Arc::new(Semaphore::new(3)));
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        answer(client.clone(), places.clone(), request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn answer(client: Client, places: Arc<Semaphore>, request: Request) -> Result<(), Failure> {
    let _place = places.acquire().await?;
    match timeout(PATIENCE, fetch(client, request)).await {
        Ok(fetched) => fetched,
        Err(_elapsed) => {
            info!("Given up after {PATIENCE:?}");
            Ok(())
        }
    }
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
