//! A client that is closed while it still has requests to make.
//!
//! `cargo workshop run accepted-and-lost` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use http_client::{Failure, Plan, Request, Strategy};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tracing::{Instrument, Span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(make_all(&plan).await)
}

async fn make_all(plan: &Plan) -> Result<(), Failure> {
    let (queue, accepted) = channel(2);
    let client = Client { queue, closed: Arc::default(), left: Arc::default() };
    let worker = tokio::spawn(work(
        plan.async_client()?,
        accepted,
        client.closed.clone(),
        client.left.clone(),
    ));
    let mut requests = plan.requests();
    for request in requests.by_ref().take(3) {
        client.accept(request).await;
    }
    let [r4, r5] = [(); 2].map(|()| requests.next().expect("there are five"));
    // When it is closed R4 waits for room in the queue, and R5 comes after that.
    tokio::join!(client.accept(r4), client.close(worker), client.accept(r5));
    Ok(())
}

struct Client {
    queue: Sender<(Request, Span)>,
    closed: Arc<AtomicBool>,
    left: Arc<AtomicUsize>,
}

impl Client {
    /// Waits for room in the queue. Whatever is in there is accepted.
    async fn accept(&self, request: Request) {
        let span = request.span();
        if self.closed.load(Relaxed) {
            return span.in_scope(harness::done);
        }
        let sent = self.queue.send((request, span.clone()));
        let told = async { sent.await.unwrap_or_else(|_| harness::done()) };
        told.instrument(span).await;
    }

    async fn close(&self, worker: JoinHandle<()>) {
        self.left.store(self.queue.max_capacity() - self.queue.capacity(), Relaxed);
        self.closed.store(true, Relaxed);
        let _ = worker.await;
    }
}

/// Makes what was accepted, one after another.
async fn work(
    client: reqwest::Client,
    mut accepted: Receiver<(Request, Span)>,
    closed: Arc<AtomicBool>,
    left: Arc<AtomicUsize>,
) {
    while let Some((request, span)) = accepted.recv().await {
        let _ = fetch(&client, request).instrument(span).await;
        if closed.load(Relaxed) {
            for _ in 0..left.load(Relaxed) {
                let Some((request, span)) = accepted.recv().await else { return };
                let _ = fetch(&client, request).instrument(span).await;
            }
            break;
        }
    }
}

async fn fetch(client: &reqwest::Client, request: Request) -> Result<String, Failure> {
    request.accept(client.get(&request.url).send().await?).await
}
