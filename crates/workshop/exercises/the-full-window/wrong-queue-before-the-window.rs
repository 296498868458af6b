//! A client that is given requests faster than the server answers them.
//!
//! `cargo workshop run the-full-window` says what is asked, and what it saw.

use std::sync::Arc;
use std::{process::ExitCode, time::Duration};

use http_client::{Failure, Plan, Request, Strategy};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::{task::JoinSet, time::timeout};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(make_all(&plan).await)
}

async fn make_all(plan: &Plan) -> Result<(), Failure> {
    let (queue, calls) = unbounded_channel();
    let client = Client { queue };
    tokio::spawn(work(plan.async_client()?, calls));
    let mut callers = JoinSet::new();
    for (request, number) in plan.requests().zip(1..) {
        let patience = Duration::from_millis(if number == 1 { 300 } else { 300_000 });
        let reply = client.call(request);
        callers.spawn(timeout(patience, reply));
    }
    callers.join_all().await;
    Ok(())
}

struct Client {
    queue: UnboundedSender<(Request, Caller)>,
}

type Caller = oneshot::Sender<String>;

impl Client {
    /// Gives what the reply will come by. Who drops that has given up.
    fn call(&self, request: Request) -> oneshot::Receiver<String> {
        let (caller, reply) = oneshot::channel();
        let _ = self.queue.send((request, caller));
        reply
    }
}

async fn work(client: reqwest::Client, mut calls: UnboundedReceiver<(Request, Caller)>) {
    let window = Arc::new(Semaphore::new(4));
    while let Some((request, caller)) = calls.recv().await {
        let Ok(place) = window.clone().acquire_owned().await else { break };
        let span = request.span();
        tokio::spawn(send(client.clone(), request, caller, place).instrument(span));
    }
}

async fn send(
    client: reqwest::Client,
    request: Request,
    caller: Caller,
    _place: OwnedSemaphorePermit,
) -> Result<(), Failure> {
    let content = request.accept(client.get(&request.url).send().await?).await?;
    let _may_have_given_up = caller.send(content);
    Ok(())
}
