//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use any_order::Task;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let total = Arc::new(Mutex::new(0));
    let counting: Vec<_> =
        tasks.into_iter().map(|task| task.spawn(count_one(total.clone()))).collect();
    for counted in counting {
        counted.await.expect("it does not panic");
    }
    *total.lock().unwrap()
}

async fn count_one(total: Arc<Mutex<u32>>) {
    let mut total = total.lock().unwrap();
    info!("reads {total}");
    *total += 1;
    info!("writes {total}");
}
