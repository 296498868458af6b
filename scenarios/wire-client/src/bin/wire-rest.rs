//! A database that is asked over HTTP. A client is a pool of connections: one that all
//! callers share, or with `--new-clients` one for each call.
//!
//! `cargo run --bin wire-rest`

use std::process::ExitCode;

use futures::future::try_join_all;
use reqwest::Client;
use tracing::{Instrument, info};
use wire_client::rest::{Failure, Plan, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args();
    let run = plan.start();
    let sent = send_all(&plan).await;
    if let Some(told) = plan.told() {
        run.say(&told);
    }
    run.finish(sent)
}

async fn send_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.client()?;
    try_join_all(plan.requests().map(async |request| {
        let span = request.span();
        let _its_place = plan.place().await;
        send(plan, &client, request).instrument(span).await
    }))
    .await?;
    Ok(())
}

async fn send(plan: &Plan, of_all: &Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while request.goes_on() {
        // Its connection ends with a client.
        let client = if plan.has_new_clients() { plan.client()? } else { of_all.clone() };
        let reply = request.call(&client).send().await?;
        request.accept(reply).await?;
    }
    info!("{}", request.told());
    Ok(())
}
