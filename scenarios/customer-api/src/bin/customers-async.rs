//! Customers over HTTP, by look-ups that wait: while the database is asked, the
//! event loop turns to another request.
//!
//! `cargo run --bin customers-async`

use std::process::ExitCode;

use customer_api::{Order, Plan, Pool, Reply, Server, Unanswered};
use database::asynchronous::Connection;
use tracing::info;

fn main() -> ExitCode {
    Plan::from_args(Server::Async).serve(carry_out)
}

async fn carry_out(pool: Pool<Connection>, order: Order) -> Result<Reply, Unanswered> {
    let place = pool.next(&order).await?;
    info!("{order}");
    place.carry_out(&order).await
}
