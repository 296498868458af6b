//! Eight visitors of a server of customers, five milliseconds apart: the first wants
//! a report, which takes the database a while, and the others look a customer up.
//!
//! `cargo run --bin customers-visitors`, while one of the servers runs

use std::process::ExitCode;
use std::time::Duration;

use customer_api::{Visit, Visits};
use futures::future::try_join_all;
use harness::Failure;
use reqwest::Client;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let visits = Visits::from_args();
    let run = visits.start();
    let visited = visit_all(&visits).await;
    visits.finish(run, visited).await
}

/// Gives how long each quick one had to wait.
async fn visit_all(visits: &Visits) -> Result<Vec<Duration>, Failure> {
    let begun = Instant::now();
    let answers = visits.all().map(async |visit| {
        let due = begun + visit.comes_after;
        sleep_until(due).await;
        let span = visit.span();
        let answered = ask(visits.client(), &visit).instrument(span).await;
        answered.map(|()| visit.is_quick.then(|| due.elapsed()))
    });
    Ok(try_join_all(answers).await?.into_iter().flatten().collect())
}

async fn ask(client: &Client, visit: &Visit) -> Result<(), Failure> {
    info!("Requesting '{}'", visit.url);
    let request = client.get(&visit.url).header("traceparent", visit.trace.to_string());
    let answer = request.send().await;
    let status = visit.accept(answer.map_err(|error| visit.failure(&error))?).await?;
    info!("The server answered {status}");
    Ok(())
}
