//! Four tickets are left, and six customers want one.
//!
//! `cargo workshop run sold-too-often` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::task::JoinSet;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    let left = Arc::new(AtomicU32::new(4));
    let sold = sell_to_all(&plan, &left).await;
    run.say(&format!("{} left", left.load(Relaxed)));
    run.finish(sold)
}

async fn sell_to_all(plan: &Plan, left: &Arc<AtomicU32>) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut all = JoinSet::new();
    for request in plan.requests() {
        let span = request.span();
        all.spawn(sell(client.clone(), request, left.clone()).instrument(span));
    }
    all.join_all().await;
    Ok(())
}

async fn sell(client: Client, request: Request, left: Arc<AtomicU32>) {
    if left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
        info!("None is left");
        // Without it the picture would say that this customer was dropped.
        harness::done();
        return;
    }
    if let Err(failure) = pay(client, request).await {
        info!("Not sold: {failure:?}");
        left.fetch_add(1, Relaxed);
    }
}

async fn pay(client: Client, request: Request) -> Result<(), Failure> {
    info!("Paying at '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
