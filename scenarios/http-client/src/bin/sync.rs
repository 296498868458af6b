//! Slow requests, one after another: one thread, and a client that blocks it
//! until the reply is there.
//!
//! `cargo run -p http-client --bin sync`

use std::process::ExitCode;

use http_client::{Failure, Plan, Request, Strategy};
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Sync);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.blocking_client();
    for request in plan.requests() {
        let span = request.span();
        span.in_scope(|| pull_from_server(&client, request))?;
    }
    Ok(())
}

fn pull_from_server(client: &Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
