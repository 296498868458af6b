//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

use any_order::Task;
use tokio::sync::RwLock;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let total = Arc::new(RwLock::new(0));
    let counting: Vec<_> =
        tasks.into_iter().map(|task| task.spawn(count_one(total.clone()))).collect();
    for counted in counting {
        counted.await.expect("it does not panic");
    }
    *total.read().await
}

async fn count_one(total: Arc<RwLock<u32>>) {
    let before = *total.read().await;
    info!("reads {before}");
    let after = before + 1;
    *total.write().await = after;
    info!("writes {after}");
}
