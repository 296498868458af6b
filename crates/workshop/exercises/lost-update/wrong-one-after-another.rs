//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

use any_order::Task;
use tokio::sync::Mutex;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let total = Arc::new(Mutex::new(0));
    for task in tasks {
        task.spawn(count_one(total.clone())).await.expect("it does not panic");
    }
    *total.lock().await
}

async fn count_one(total: Arc<Mutex<u32>>) {
    let before = *total.lock().await;
    info!("reads {before}");
    let after = before + 1;
    *total.lock().await = after;
    info!("writes {after}");
}
