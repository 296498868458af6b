//! Three requests that should wait together.
//!
//! `cargo workshop run wait-together` says what is asked, and what it saw.

use std::process::ExitCode;

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    std::thread::scope(|scope| {
        let all: Vec<_> = plan
            .requests()
            .map(|request| {
                let (client, span) = (client.clone(), request.span());
                scope.spawn(move || {
                    let mut runtime = tokio::runtime::Builder::new_current_thread();
                    let runtime = runtime.enable_all().build()?;
                    runtime.block_on(fetch(client, request).instrument(span))
                })
            })
            .collect();
        all.into_iter().try_for_each(|one| one.join().unwrap())
    })
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
