//! Customers over HTTP, by look-ups that should wait, and do not: the event loop is
//! there, but each look-up blocks the thread that it runs on.
//!
//! `cargo run --bin customers-async-with-blocking`

use std::process::ExitCode;

use customer_api::{Order, Plan, Pool, Reply, Server, Unanswered};
use database::blocking::Connection;
use tracing::info;

fn main() -> ExitCode {
    Plan::from_args(Server::AsyncWithBlocking).serve(carry_out)
}

async fn carry_out(pool: Pool<Connection>, order: Order) -> Result<Reply, Unanswered> {
    let place = pool.next(&order).await?;
    info!("{order}");
    place.carry_out(&order)
}
