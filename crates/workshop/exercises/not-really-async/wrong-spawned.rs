//! Three requests in futures, that wait one after another all the same.
//!
//! `cargo workshop run not-really-async` says what is asked, and what it saw.

use std::process::ExitCode;

use http_client::{Failure, Plan, Request, Strategy};
use tracing::{Instrument, info};
use ureq::Agent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    let all: Vec<_> = plan
        .requests()
        .map(|request| {
            let span = request.span();
            tokio::spawn(fetch(client.clone(), request).instrument(span))
        })
        .collect();
    for one in all {
        one.await??;
    }
    Ok(())
}

async fn fetch(client: Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Server replied '{content}'");
    Ok(())
}
