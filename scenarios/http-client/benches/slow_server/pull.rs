//! The requests of `src/bin/async.rs` once more, with the recorder or without,
//! and without any HTTP client. The programs have no option to go without, so the
//! benchmark calls itself.

use std::env;
use std::process::{Command, ExitCode};
use std::time::Instant;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

use crate::sockets;

/// Set for a process that is to make the requests: `recorded`, `unrecorded` or
/// `sockets`.
const ASKED: &str = "SLOW_SERVER_PULL";

/// This program, asked to make the requests.
pub(crate) fn command(how: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap_or_default());
    command.env(ASKED, how);
    command
}

/// Makes the requests if this process is asked to.
pub(crate) fn if_asked() -> Option<ExitCode> {
    Some(pull(&env::var(ASKED).ok()?))
}

#[tokio::main(flavor = "current_thread")]
async fn pull(how: &str) -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    if how == "recorded" {
        let run = plan.start();
        return run.finish(pull_all(&plan).await);
    }
    let start = Instant::now();
    let pulled = match how {
        "sockets" => sockets::pull_all(&plan).await,
        _ => pull_all(&plan).await,
    };
    if let Err(failure) = pulled {
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
