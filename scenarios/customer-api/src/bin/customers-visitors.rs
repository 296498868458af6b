//! Eight visitors of a server of customers, five milliseconds apart: the first wants
//! a report, which takes the database a while, and the others look a customer up.
//!
//! `cargo run --bin customers-visitors`, while one of the servers runs

use std::process::ExitCode;

use customer_api::{Visit, Visited, Visits};
use futures::future::try_join_all;
use harness::Failure;
use reqwest::Client;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let visits = Visits::from_args();
    let run = visits.start();
    let visited = visit_all(&visits).await;
    visits.finish(run, visited).await
}

/// Gives what became of them.
async fn visit_all(visits: &Visits) -> Result<Visited, Failure> {
    let begun = Instant::now();
    let answers = visits.all().map(async |visit| {
        let due = begun + visit.comes_after;
        sleep_until(due).await;
        let span = visit.span();
        let answered = ask(visits.client(), &visit).instrument(span).await;
        answered.map(|status| (visit.is_quick, due.elapsed(), status))
    });
    let mut visited = Visited::default();
    for (is_quick, waited, status) in try_join_all(answers).await? {
        if is_quick { visited.quick.push((waited, status)) } else { visited.reports.push(status) }
    }
    Ok(visited)
}

async fn ask(client: &Client, visit: &Visit) -> Result<String, Failure> {
    info!("Requesting '{}'", visit.url);
    let answering = async {
        let request = client.get(&visit.url).header("traceparent", visit.trace.to_string());
        let answer = request.send().await;
        visit.accept(answer.map_err(|error| visit.failure(&error))?).await
    };
    let Ok(answered) = timeout(visit.hangs_up_after, answering).await else {
        return Ok(visit.hang_up());
    };
    let status = answered?;
    info!("The server answered {status}");
    Ok(status)
}
