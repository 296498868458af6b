//! The same as `wire-simple` in a binary protocol: a header whose size is fixed says how
//! long the rest is, so nobody has to look for its end. What answers is no Redis.
//!
//! `cargo run --bin wire-binary`

use std::process::ExitCode;

use futures::future::try_join_all;
use tokio::sync::Mutex;
use tracing::{Instrument, info};
use wire_client::binary::Client;
use wire_client::{Failure, Plan, Program, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Program::BINARY);
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
        let mut its_turn = client.lock().await;
        send(&mut its_turn, request).instrument(span).await
    }))
    .await?;
    Ok(())
}

async fn send(client: &mut Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while let Some(name) = request.key() {
        let reply = client.increment(name).await?;
        request.accept_number(reply)?;
    }
    info!("{}", request.told());
    Ok(())
}
