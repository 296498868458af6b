//! A client that is given requests faster than the server answers them.
//!
//! `cargo workshop run the-full-window` says what is asked, and what it saw.

use std::{process::ExitCode, sync::Arc, time::Duration};

use futures::TryFutureExt;
use http_client::{Failure, Plan, Request, Strategy};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Mutex, oneshot};
use tokio::{task::JoinSet, time::timeout};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(make_all(&plan).await)
}

async fn make_all(plan: &Plan) -> Result<(), Failure> {
    let (queue, calls) = channel(1);
    let client = Client { queue };
    let calls = Arc::new(Mutex::new(calls));
    for _ in 1..=4 {
        tokio::spawn(work(plan.async_client()?, calls.clone()));
    }
    let mut callers = JoinSet::new();
    for (request, number) in plan.requests().zip(1..) {
        let patience = Duration::from_millis(if number == 1 { 300 } else { 300_000 });
        let span = request.span();
        let reply = client.call(request).instrument(span.clone()).await;
        callers.spawn(timeout(patience, reply.inspect_ok(|_| harness::done())).instrument(span));
    }
    callers.join_all().await;
    Ok(())
}

struct Client {
    queue: Sender<(Request, Caller)>,
}

type Caller = oneshot::Sender<String>;

impl Client {
    /// Gives what the reply will come by. Who drops that has given up.
    async fn call(&self, request: Request) -> oneshot::Receiver<String> {
        let (caller, reply) = oneshot::channel();
        let _ = self.queue.send((request, caller)).await;
        reply
    }
}

async fn work(client: reqwest::Client, calls: Arc<Mutex<Receiver<(Request, Caller)>>>) {
    loop {
        let next = calls.lock().await.recv().await;
        let Some((request, caller)) = next else { break };
        let _ = send(client.clone(), request, caller).await;
    }
}

async fn send(client: reqwest::Client, request: Request, caller: Caller) -> Result<(), Failure> {
    let content = request.accept(client.get(&request.url).send().await?).await?;
    let _may_have_given_up = caller.send(content);
    Ok(())
}
