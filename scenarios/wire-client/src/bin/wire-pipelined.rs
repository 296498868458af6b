//! Commands to Redis, many on their way at once: whoever has one to send does so at once,
//! all share a connection, and replies come in the order of the commands.
//!
//! `cargo run --bin wire-pipelined`

use std::process::ExitCode;

use futures::future::try_join_all;
use tracing::{Instrument, info};
use wire_client::pipelined::{Client, Settings};
use wire_client::{Failure, Plan, Program, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Program::PIPELINED);
    let clients = plan.ready(connect(&plan).await);
    let run = plan.start();
    run.finish(send_all(&plan, &clients).await)
}

async fn connect(plan: &Plan) -> Result<Vec<Client>, Failure> {
    let settings = Settings { in_flight: plan.in_flight(), ..Settings::default() };
    let connect = |_| Client::connect_with(plan.address(), settings);
    Ok(try_join_all((0..plan.connections()).map(connect)).await?)
}

async fn send_all(plan: &Plan, clients: &[Client]) -> Result<(), Failure> {
    try_join_all(plan.requests().zip(clients.iter().cycle()).map(|(request, client)| {
        let span = request.span();
        send(plan, client, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn send(plan: &Plan, client: &Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while let Some(command) = request.command() {
        let reply = client.call_within(command, plan.patience()).await?;
        request.accept(&reply)?;
    }
    info!("{}", request.told());
    Ok(())
}
