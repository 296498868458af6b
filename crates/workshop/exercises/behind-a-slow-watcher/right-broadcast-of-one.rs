//! A courier's positions for three watchers, of whom two are in a tunnel at first.
//!
//! `cargo workshop run behind-a-slow-watcher` says what is asked, and what it saw.

use std::{process::ExitCode, sync::Arc};

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::broadcast::{self, error::RecvError};
use tracing::{Instrument, Span, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(ride(&plan).await)
}

async fn ride(plan: &Plan) -> Result<(), Failure> {
    let client = plan.async_client()?;
    let [r1, r2, r3, r4] = [0, 1, 2, 3].map(|it| plan.requests().nth(it).expect("it is there"));
    let (sender, for_r2) = broadcast::channel(1);
    let [for_r3, for_r4] = [sender.subscribe(), sender.subscribe()];
    tokio::try_join!(
        ask(&client, &r1, sender).instrument(r1.span()),
        show(&client, &r2, for_r2).instrument(r2.span()),
        show(&client, &r3, for_r3).instrument(r3.span()),
        show(&client, &r4, for_r4).instrument(r4.span()),
    )?;
    Ok(())
}

/// Its row goes on for as long as somebody keeps it.
type Position = Arc<(u32, Span)>;
type Sender = broadcast::Sender<Position>;
type Receiver = broadcast::Receiver<Position>;

async fn ask(client: &Client, courier: &Request, watchers: Sender) -> Result<(), Failure> {
    for number in 1..=8 {
        get(client, courier, &courier.url, number).await?;
        let position = Arc::new((number, info_span!("requester", name = format!("#{number}"))));
        let _ = watchers.send(position);
    }
    Ok(())
}

async fn show(client: &Client, watcher: &Request, mut positions: Receiver) -> Result<(), Failure> {
    let mut url = watcher.url.clone();
    loop {
        let position = match positions.recv().await {
            Ok(position) => position,
            // Older ones were dropped. The newest is there.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        };
        get(client, watcher, &url, position.0).await?;
        // Whoever was in a tunnel is out of it.
        url = url.replace("=2.5", "=0.02").replace("=0.3", "=0.02");
    }
    Ok(())
}

async fn get(client: &Client, who: &Request, url: &str, number: u32) -> Result<(), Failure> {
    let url = format!("{url}&for={}&position={number}", who.name);
    who.accept(client.get(url).send().await?).await?;
    Ok(())
}
