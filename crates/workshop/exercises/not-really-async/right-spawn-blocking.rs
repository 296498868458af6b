//! Three requests in futures, that wait one after another all the same.
//!
//! `cargo workshop run not-really-async` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use tracing::{Instrument, Span, info};
use ureq::Agent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        fetch(client.clone(), request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn fetch(client: Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let span = Span::current();
    let reply = move || {
        let _entered = span.enter();
        request.accept_blocking(client.get(&request.url).call()?)
    };
    let content = tokio::task::spawn_blocking(reply).await??;
    info!("Server replied '{content}'");
    Ok(())
}
