//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;

use any_order::Task;
use futures::future::join_all;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let counting = tasks.into_iter().map(|task| task.spawn(count_one()));
    join_all(counting).await.into_iter().map(|counted| counted.expect("it does not panic")).sum()
}

async fn count_one() -> u32 {
    info!("is one");
    1
}
