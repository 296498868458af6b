//! Four tickets are left, and six customers want one.
//!
//! `cargo workshop run sold-too-often` says what is asked, and what it saw.

use std::process::ExitCode;

use futures::future::join_all;
use http_client::{Failure, Plan, Request, Strategy};
use reqwest::Client;
use tokio::sync::watch;
use tracing::{Instrument, info};

/// Tickets that nobody has, and those that somebody pays for.
#[derive(Clone, Copy)]
struct Tickets {
    left: u32,
    reserved: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    let tickets = watch::Sender::new(Tickets { left: 4, reserved: 0 });
    let sold = sell_to_all(&plan, &tickets).await;
    run.say(&format!("{} left", tickets.borrow().left));
    run.finish(sold)
}

async fn sell_to_all(plan: &Plan, tickets: &watch::Sender<Tickets>) -> Result<(), Failure> {
    let client = plan.async_client()?;
    join_all(plan.requests().map(|request| {
        let span = request.span();
        sell(client.clone(), request, tickets).instrument(span)
    }))
    .await;
    Ok(())
}

/// Whoever finds none waits as long as one may be put back.
async fn sell(client: Client, request: Request, tickets: &watch::Sender<Tickets>) {
    let mut changes = tickets.subscribe();
    let known = changes.wait_for(|it| it.left > 0 || it.reserved == 0).await.map(|it| it.left);
    if !known.is_ok_and(|left| left > 0) {
        info!("None is left");
        // Without it the picture would say that this customer was dropped.
        harness::done();
        return;
    }
    tickets.send_modify(|it| (it.left, it.reserved) = (it.left - 1, it.reserved + 1));
    let paid = pay(client, request).await;
    tickets.send_modify(|it| {
        it.reserved -= 1;
        it.left += u32::from(paid.is_err());
    });
}

async fn pay(client: Client, request: Request) -> Result<(), Failure> {
    info!("Paying at '{}'", request.url);
    let reply = client.get(&request.url).send().await?;
    let content = request.accept(reply).await?;
    info!("Server replied '{content}'");
    Ok(())
}
