//! Slow requests that wait together on one thread, on an event loop that is
//! written out in this package: it says each decision it takes.
//!
//! `cargo run -p event-loop --bin event-loop`

use std::process::ExitCode;

use event_loop::{Client, Executor, Failure, Plan, Reactor, Request, Stopped, Timers};
use tracing::{Instrument, info};

fn main() -> ExitCode {
    let plan = Plan::from_args();
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let timers = Timers::new();
    let reactor = Reactor::new().map_err(Stopped::from)?;
    let client = plan.client(&timers, &reactor);
    let mut executor = Executor::new(&timers, &reactor);
    for request in plan.requests() {
        let (name, span) = (request.name.clone(), request.span());
        executor.spawn(&name, pull_from_server(&client, request).instrument(span));
    }
    executor.run()?.into_iter().collect()
}

async fn pull_from_server(client: &Client<'_>, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(request.seconds).await?;
    let content = request.accept(reply)?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
