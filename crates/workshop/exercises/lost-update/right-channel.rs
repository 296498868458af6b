//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;

use any_order::Task;
use tokio::sync::mpsc;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let (sender, mut receiver) = mpsc::channel(1);
    for task in tasks {
        let sender = sender.clone();
        task.spawn(async move {
            info!("sends one");
            sender.send(1).await.expect("the total is still wanted");
        });
    }
    drop(sender);
    let mut total = 0;
    while let Some(one) = receiver.recv().await {
        total += one;
    }
    total
}
