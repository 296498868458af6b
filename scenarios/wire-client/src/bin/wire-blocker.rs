//! Commands that many callers send over one connection, and a callback that blocks the
//! event loop they share. Who it is, a thread that watches the loop tells meanwhile.
//!
//! `cargo run --bin wire-blocker`

use std::process::ExitCode;

use futures::future::{join, try_join_all};
use tokio::time::sleep;
use tracing::{Instrument, info, info_span};
use wire_client::blocker::{Watch, sort_for};
use wire_client::pipelined::{Client, Settings};
use wire_client::{Failure, Plan, Program, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Program::BLOCKER);
    let clients = plan.ready(connect(&plan).await);
    let run = plan.start();
    let watch = plan.ready(Watch::start(&run));
    let report = report(&plan).instrument(info_span!("requester", name = "report"));
    let (sent, ()) = join(send_all(&plan, &clients), report).await;
    drop(watch);
    run.finish(sent)
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

/// Called once, when replies are about to come.
async fn report(plan: &Plan) {
    sleep(plan.called_after()).await;
    info!("Sorting what there is");
    // Nobody else runs until this returns.
    let sorted = sort_for(plan.hold());
    info!("Sorted {sorted} numbers");
    harness::done();
}
