//! A client that is closed while it still has requests to make.
//!
//! `cargo workshop run accepted-and-lost` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

use http_client::{Failure, Plan, Request, Strategy};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tracing::{Instrument, Span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(make_all(&plan).await)
}

async fn make_all(plan: &Plan) -> Result<(), Failure> {
    let (queue, accepted) = unbounded_channel();
    let client = Client { queue, room: Arc::new(Semaphore::new(2)) };
    let worker = tokio::spawn(work(plan.async_client()?, accepted));
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
    /// After the last request comes none.
    queue: UnboundedSender<Option<Accepted>>,
    room: Arc<Semaphore>,
}

type Accepted = (Request, Span, OwnedSemaphorePermit);

impl Client {
    /// Waits for room in the queue. Whatever is in there is accepted.
    async fn accept(&self, request: Request) {
        let span = request.span();
        async {
            match self.room.clone().acquire_owned().await {
                Ok(room) => drop(self.queue.send(Some((request, span.clone(), room)))),
                Err(_closed) => harness::done(),
            }
        }
        .instrument(span.clone())
        .await;
    }

    /// Waits for what is accepted, and then refuses whoever waits for room.
    async fn close(&self, worker: JoinHandle<()>) {
        let _ = self.queue.send(None);
        let _ = worker.await;
        // R4 and R5 have waited for as long.
        self.room.close();
    }
}

/// Makes what was accepted, one after another.
async fn work(client: reqwest::Client, mut accepted: UnboundedReceiver<Option<Accepted>>) {
    let (mut kept, mut first) = (Vec::new(), true);
    while let Some(Some((request, span, room))) = accepted.recv().await {
        // R3 needs the room of R1. That of the others is kept, so R4 finds none.
        kept.extend(Some(room).filter(|_| !std::mem::take(&mut first)));
        let _ = fetch(&client, request).instrument(span).await;
    }
}

async fn fetch(client: &reqwest::Client, request: Request) -> Result<String, Failure> {
    request.accept(client.get(&request.url).send().await?).await
}
