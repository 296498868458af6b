//! A time-out, work that goes on after it, and a server with three places.
//!
//! `cargo workshop run given-back-too-early` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request, Strategy};
use tokio::{runtime::Builder, sync::Semaphore, task::spawn_blocking, time::timeout};
use tracing::{Instrument, Span, info};
use ureq::Agent;

const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread().enable_all().build().expect("an event loop");
    let ended = runtime.block_on(serve());
    // Threads that are still at a call are not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(answer_all(&plan).await)
}

async fn answer_all(plan: &Plan) -> Result<(), Failure> {
    let (client, places) = (plan.blocking_client(), Arc::new(Semaphore::new(3)));
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        answer(client.clone(), places.clone(), request).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn answer(client: Agent, places: Arc<Semaphore>, request: Request) -> Result<(), Failure> {
    let place = places.acquire_owned().await?;
    let span = Span::current();
    let mut call = spawn_blocking(move || span.in_scope(|| fetch(&client, &request)));
    match timeout(PATIENCE, &mut call).await {
        Ok(fetched) => fetched?,
        Err(_elapsed) => {
            let keep = async move {
                let _ = call.await;
                drop(place);
            };
            tokio::spawn(keep.in_current_span());
            info!("Given up after {PATIENCE:?}");
            Ok(())
        }
    }
}

fn fetch(client: &Agent, request: &Request) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let reply = client.get(&request.url).call()?;
    let content = request.accept_blocking(reply)?;
    info!("Server replied '{content}'");
    Ok(())
}
