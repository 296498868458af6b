//! Customers over HTTP, by look-ups that block, but only a thread of a pool: the
//! event loop waits for that thread, and turns to another request meanwhile.
//!
//! `cargo run --bin customers-thread-pool`

use std::process::ExitCode;

use customer_api::{Order, Plan, Pool, Reply, Server, Unanswered};
use database::blocking::Connection;
use tokio::task::spawn_blocking;
use tracing::{Span, info};

fn main() -> ExitCode {
    Plan::from_args(Server::ThreadPool).serve(carry_out)
}

async fn carry_out(pool: Pool<Connection>, order: Order) -> Result<Reply, Unanswered> {
    let place = pool.next(&order).await?;
    info!("{order}");
    let span = Span::current();
    spawn_blocking(move || span.in_scope(|| place.carry_out(&order))).await?
}
