//! Four tickets are left, and six customers want one.
//!
//! `cargo workshop run sold-too-often` says what is asked, and what it saw.

use std::cell::Cell;
use std::process::ExitCode;

use futures::future::join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    let left = Cell::new(4);
    let sold = sell_to_all(&plan, &left).await;
    run.say(&format!("Tickets left: {}", left.get()));
    run.finish(sold)
}

async fn sell_to_all(plan: &Plan, left: &Cell<u32>) -> Result<(), Failure> {
    let client = plan.async_client()?;
    join_all(plan.requests().map(|request| {
        let span = request.span();
        sell(client.clone(), request, left).instrument(span)
    }))
    .await;
    Ok(())
}

async fn sell(client: Client, request: Request, left: &Cell<u32>) {
    if left.get() == 0 {
        info!("None is left");
        // Without it the picture would say that this customer was dropped.
        harness::done();
        return;
    }
    left.set(left.get() - 1);
    if let Err(failure) = pay(client, request).await {
        info!("Not sold: {failure:?}");
        left.set(left.get() + 1);
    }
}

async fn pay(client: Client, request: Request) -> Result<(), Failure> {
    info!("Paying at '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
