//! A future that is to be done when all of its children are.
//!
//! `cargo workshop run your-own-join` says what is asked, and what it saw.

use std::future::poll_fn;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::Poll;

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(fetch_all(&plan).await)
}

type Child = Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut children: Vec<Child> = Vec::new();
    for request in plan.requests() {
        let span = request.span();
        children.push(Box::pin(fetch(client.clone(), request).instrument(span)));
    }
    let mut failed = None;
    poll_fn(|context| {
        children.retain_mut(|child| match child.as_mut().poll(context) {
            Poll::Ready(fetched) => {
                failed = failed.take().or(fetched.err());
                false
            }
            Poll::Pending => true,
        });
        if children.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    failed.map_or(Ok(()), Err)
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
