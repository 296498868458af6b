//! Eight visitors of a server of customers, five milliseconds apart: the first wants
//! a report, which takes the database a while, and the others look a customer up.
//!
//! `cargo run --bin customers-visitors`, while one of the servers runs

use std::process::ExitCode;
use std::time::Duration;

use customer_api::{Visit, Visits, reports, summary};
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
    if let Ok((quick, slow)) = &visited {
        run.say(&summary(quick.clone()));
        if !slow.is_empty() {
            run.say(&reports(slow));
        }
    }
    run.finish(visited.map(drop))
}

/// Gives how long each quick one had to wait, and what became of each report.
async fn visit_all(visits: &Visits) -> Result<(Vec<Duration>, Vec<String>), Failure> {
    let begun = Instant::now();
    let answers = visits.all().map(async |visit| {
        let due = begun + visit.comes_after;
        sleep_until(due).await;
        let span = visit.span();
        let answered = ask(visits.client(), &visit).instrument(span).await;
        answered.map(|status| (visit.is_quick, due.elapsed(), status))
    });
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    for (is_quick, waited, status) in try_join_all(answers).await? {
        if is_quick { quick.push(waited) } else { slow.push(status) }
    }
    Ok((quick, slow))
}

async fn ask(client: &Client, visit: &Visit) -> Result<String, Failure> {
    info!("Requesting '{}'", visit.url);
    let answering = async {
        let answer = client.get(&visit.url).send().await;
        visit.accept(answer.map_err(|error| visit.failure(&error))?).await
    };
    let Ok(answered) = timeout(visit.hangs_up_after, answering).await else {
        return Ok(visit.hang_up());
    };
    let status = answered?;
    info!("The server answered {status}");
    Ok(status)
}
