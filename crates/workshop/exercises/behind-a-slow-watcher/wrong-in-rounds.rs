//! A courier's positions for three watchers, of whom two are in a tunnel at first.
//!
//! `cargo workshop run behind-a-slow-watcher` says what is asked, and what it saw.

use std::{process::ExitCode, sync::Arc};

use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
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
    ask(&client, &r1, [&r2, &r3, &r4]).instrument(r1.span()).await
}

/// Its row goes on for as long as somebody keeps it.
type Position = Arc<(u32, Span)>;

async fn ask(client: &Client, courier: &Request, watchers: [&Request; 3]) -> Result<(), Failure> {
    let mut urls = watchers.map(|watcher| watcher.url.clone());
    for number in 1..=8 {
        get(client, courier, &courier.url, number).await?;
        let position: Position =
            Arc::new((number, info_span!("requester", name = format!("#{number}"))));
        let [r2, r3, r4] = [0, 1, 2].map(|it| get(client, watchers[it], &urls[it], position.0));
        tokio::try_join!(r2, r3, r4)?;
        urls = urls.map(|url| url.replace("=2.5", "=0.02").replace("=0.3", "=0.02"));
    }
    Ok(())
}

async fn get(client: &Client, who: &Request, url: &str, number: u32) -> Result<(), Failure> {
    let url = format!("{url}&for={}&position={number}", who.name);
    who.accept(client.get(url).send().await?).await?;
    Ok(())
}
