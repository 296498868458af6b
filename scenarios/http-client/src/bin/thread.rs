//! Slow requests, each on a thread of its own: the client blocks, but only the
//! thread that asked.
//!
//! `cargo run -p http-client --bin thread`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, Builder};

use http_client::{Failure, Plan, Request, Strategy};
use tracing::info;
use ureq::Agent;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Thread);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = &plan.blocking_client();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for request in plan.requests() {
            let span = request.span();
            let thread = Builder::new().name(format!("thread of {}", request.name));
            let pull = move || span.in_scope(|| pull_from_server(client, request));
            threads.push(thread.spawn_scoped(scope, pull)?);
        }
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn pull_from_server(client: &Agent, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
