//! The requests of `src/bin/async.rs` once more, with the recorder or without.
//! The clients have no option to go without, so the benchmark calls itself.

use std::env;
use std::process::{Command, ExitCode};
use std::time::Instant;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::task::unconstrained;
use tracing::{Instrument, info};

/// Set for a process that is to make the requests: `recorded` or `unrecorded`.
const ASKED: &str = "SLOW_SERVER_PULL";

/// This program, asked to make the requests.
pub(crate) fn command(how: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap_or_default());
    command.env(ASKED, how);
    command
}

/// Makes the requests if this process is asked to.
pub(crate) fn if_asked() -> Option<ExitCode> {
    let recorded = env::var_os(ASKED)? == "recorded";
    Some(pull(recorded))
}

#[tokio::main(flavor = "current_thread")]
async fn pull(recorded: bool) -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let pulling = unconstrained(pull_all(&plan));
    if recorded {
        let run = plan.start();
        return run.finish(pulling.await);
    }
    let start = Instant::now();
    if let Err(failure) = pulling.await {
        harness::exit(&failure.into());
    }
    println!("Time elapsed: {:.3}", start.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        pull_from_server(&client, request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_server(client: &Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Request is finally done! Server replied '{content}'");
    Ok(())
}
