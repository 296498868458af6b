//! Commands to Redis, by a client that blocks, on a thread of its own: who has one to send
//! waits until the connection is free, and then for that thread.
//!
//! `cargo run --bin wire-threaded`

use std::process::ExitCode;

use futures::future::try_join_all;
use tokio::sync::Mutex;
use tracing::{Instrument, info};
use wire_client::threaded::Client;
use wire_client::{Failure, Plan, Program, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Program::THREADED);
    let clients = plan.ready(connect(&plan).await);
    let run = plan.start();
    run.finish(send_all(&plan, &clients).await)
}

async fn connect(plan: &Plan) -> Result<Vec<Mutex<Client>>, Failure> {
    let clients = (0..plan.connections()).map(|_| Client::connect(plan.address()));
    Ok(try_join_all(clients).await?.into_iter().map(Mutex::new).collect())
}

async fn send_all(plan: &Plan, clients: &[Mutex<Client>]) -> Result<(), Failure> {
    try_join_all(plan.requests().zip(clients.iter().cycle()).map(async |(request, client)| {
        let span = request.span();
        let its_turn = client.lock().await;
        send(&its_turn, request).instrument(span).await
    }))
    .await?;
    Ok(())
}

async fn send(client: &Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while let Some(command) = request.command() {
        let reply = client.call(command).await?;
        request.accept(&reply)?;
    }
    info!("{}", request.told());
    Ok(())
}
