//! `customers-async` without its recording, for those who want to know what that
//! costs: `cargo bench -p customer-api` sets the two beside each other.
//!
//! `cargo run -p customer-api --example unrecorded`

use std::process::ExitCode;

use customer_api::{Order, Plan, Pool, Server};
use database::asynchronous::Connection;
use tracing::info;

fn main() -> ExitCode {
    Plan::from_args(Server::Async).serve_unrecorded(async |pool: Pool<Connection>, order: Order| {
        let place = pool.next(&order).await?;
        info!("{order}");
        place.carry_out(&order).await
    })
}
