//! A future that is to be done when all of its children are.
//!
//! `cargo workshop run your-own-join` says what is asked, and what it saw.

use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};

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

/// Is done when all of its children are, or when one has failed.
struct JoinAll {
    children: Vec<Option<Child>>,
}

impl Future for JoinAll {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        for child in self.children.iter_mut().flatten() {
            if child.as_mut().poll(context)?.is_ready() {
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Pending
    }
}

async fn fetch_all(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let mut children: Vec<Option<Child>> = Vec::new();
    for request in plan.requests() {
        let span = request.span();
        children.push(Some(Box::pin(fetch(client.clone(), request).instrument(span))));
    }
    JoinAll { children }.await
}

async fn fetch(client: Client, request: Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
