//! A client that is given requests faster than the server answers them.
//!
//! `cargo workshop run the-full-window` says what is asked, and what it saw.

use std::sync::Arc;
use std::{process::ExitCode, time::Duration};

use futures::TryFutureExt;
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
    let client = Client { queue, window: Arc::new(Semaphore::new(4)) };
    tokio::spawn(work(plan.async_client()?, calls));
    let mut callers = JoinSet::new();
    for (request, number) in plan.requests().zip(1..) {
        let patience = Duration::from_millis(if number == 1 { 300 } else { 300_000 });
        let span = request.span();
        let reply = client.call(request).instrument(span.clone()).await?;
        callers.spawn(timeout(patience, reply.inspect_ok(|_| harness::done())).instrument(span));
    }
    callers.join_all().await;
    Ok(())
}

struct Client {
    queue: UnboundedSender<(Request, Caller, OwnedSemaphorePermit)>,
    window: Arc<Semaphore>,
}

type Reply = oneshot::Receiver<String>;

type Caller = oneshot::Sender<String>;

impl Client {
    /// Gives what the reply will come by. Who drops that has given up.
    /// Waits for a place in the window first, which the request keeps.
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        let (caller, reply) = oneshot::channel();
        let place = self.window.clone().acquire_owned().await?;
        let _ = self.queue.send((request, caller, place));
        Ok(reply)
    }
}

async fn work(
    client: reqwest::Client,
    mut calls: UnboundedReceiver<(Request, Caller, OwnedSemaphorePermit)>,
) {
    while let Some((request, caller, place)) = calls.recv().await {
        tokio::spawn(send(client.clone(), request, caller, place));
    }
}

async fn send(
    client: reqwest::Client,
    request: Request,
    mut caller: Caller,
    _place: OwnedSemaphorePermit,
) -> Result<(), Failure> {
    let sent = client.get(&request.url).send();
    tokio::select! {
        () = caller.closed() => {}
        reply = sent => {
            let _ = caller.send(request.accept(reply?).await?);
        }
    }
    Ok(())
}
