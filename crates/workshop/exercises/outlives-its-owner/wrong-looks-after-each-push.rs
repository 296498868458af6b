//! A client that is shared, and its task, which waits for what the server sends unasked.
//!
//! `cargo workshop run outlives-its-owner` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, Weak};

use http_client::{Failure, Plan, Request, Strategy};
use tracing::{Instrument, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    run.finish(ask_all(&plan).await)
}

async fn ask_all(plan: &Plan) -> Result<(), Failure> {
    let [r1, r2, r3] = [0, 1, 2].map(|it| plan.requests().nth(it).expect("it is there"));
    let client = connect(plan.async_client()?, r1.url.replace("=0.4", "=300"));
    tokio::try_join!(ask(client.clone(), r1), ask(client, r2))?;
    // Both have dropped the client now, and R3 asks without it.
    fetch(&plan.async_client()?, r3).await
}

type Client = Arc<Connection>;

struct Connection {
    http: reqwest::Client,
    last_push: Mutex<u32>,
}

fn connect(http: reqwest::Client, url: String) -> Client {
    let client = Client::new(Connection { http, last_push: Mutex::default() });
    let span = info_span!("requester", name = "reader");
    let reading = read(Arc::downgrade(&client), client.http.clone(), url).instrument(span);
    tokio::spawn(reading);
    client
}

/// Keeps the number of the last push. It would wait five minutes for each.
async fn read(client: Weak<Connection>, http: reqwest::Client, url: String) {
    for push in 1..=9 {
        let _ = http.get(format!("{url}&push={push}")).send().await;
        let Some(client) = client.upgrade() else { return };
        *client.last_push.lock().expect("nobody panics") = push;
    }
}

async fn ask(client: Client, request: Request) -> Result<(), Failure> {
    fetch(&client.http, request).await.inspect(|()| info!("Seen: {:?}", client.last_push))
}

async fn fetch(http: &reqwest::Client, request: Request) -> Result<(), Failure> {
    let asking = async { request.accept(http.get(&request.url).send().await?).await };
    asking.instrument(request.span()).await.map(drop)
}
