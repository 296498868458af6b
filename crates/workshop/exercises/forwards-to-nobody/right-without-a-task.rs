//! Each watcher has a task that forwards positions to it, and two may watch at a time.
//!
//! `cargo workshop run forwards-to-nobody` says what is asked, and what it saw.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{process::ExitCode, time::Duration};

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::mpsc::{Sender, channel};
use tracing::{Instrument, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(serve(&plan).await)
}

async fn serve(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let [r1, r2, r3, r4] = [0, 1, 2, 3].map(|place| {
        let watcher = plan.requests().nth(place).expect("there are four");
        let span = watcher.span();
        watch(client.clone(), watcher).instrument(span)
    });
    let r1_then_r3 = async {
        r1.await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        r3.await;
    };
    tokio::join!(r1_then_r3, r2, r4);
    Ok(())
}

static SUBSCRIBED: AtomicUsize = AtomicUsize::new(0);

async fn watch(client: Client, watcher: Request) {
    if SUBSCRIBED.load(Relaxed) < 2 {
        SUBSCRIBED.fetch_add(1, Relaxed);
        let (sender, mut positions) = channel(1);
        let span = info_span!(parent: None, "requester", name = watcher.name.replace('R', "F"));
        let forwarding = forward(client, watcher, sender).instrument(span);
        let watching = async {
            for _ in 1..=2 {
                let Some(position) = positions.recv().await else { return };
                info!("Sees position {position}");
            }
        };
        tokio::select! {
            () = forwarding => {}
            () = watching => {}
        }
        SUBSCRIBED.fetch_sub(1, Relaxed);
    }
    harness::done();
}

/// Asks for the positions, one after another. For the third it would wait five minutes.
async fn forward(client: Client, Request { name, url }: Request, watcher: Sender<u32>) {
    for (position, wait) in [(1, "?seconds="), (2, "?seconds="), (3, "?seconds=29")] {
        let url = url.replace("?seconds=", wait) + &format!("&for={name}&position={position}");
        let _position = client.get(url).send().await;
        let _watcher_may_be_gone = watcher.send(position).await;
    }
}
