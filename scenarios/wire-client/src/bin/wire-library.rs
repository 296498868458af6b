//! Commands to Redis by the `redis` crate: its client is copied for whoever has a command
//! to send, all copies share a connection, and many commands are on their way at once.
//!
//! `cargo run --bin wire-library`

use std::process::ExitCode;

use futures::future::try_join_all;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection as Client;
use tracing::{Instrument, info};
use wire_client::{Failure, Plan, Program, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Program::LIBRARY);
    let clients = plan.ready(connect(&plan).await);
    let run = plan.start();
    run.finish(send_all(&plan, &clients).await)
}

async fn connect(plan: &Plan) -> Result<Vec<Client>, Failure> {
    let library = redis::Client::open(plan.address().for_library()?)?;
    // Unless it is told otherwise, it gives a reply up after half a second.
    let patience = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(plan.patience()))
        .set_response_timeout(Some(plan.patience()));
    let connect = |_| library.get_multiplexed_async_connection_with_config(&patience);
    Ok(try_join_all((0..plan.connections()).map(connect)).await?)
}

async fn send_all(plan: &Plan, clients: &[Client]) -> Result<(), Failure> {
    try_join_all(plan.requests().zip(clients.iter().cycle()).map(|(request, client)| {
        let span = request.span();
        send(client.clone(), request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn send(mut client: Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while let Some(key) = request.key() {
        let reply = client.incr(key, 1).await?;
        request.accept_number(reply)?;
    }
    info!("{}", request.told());
    Ok(())
}
