//! Three tasks that count themselves.
//!
//! `cargo workshop run lost-update` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use any_order::Task;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(3, count_all)
}

static TOTAL: AtomicU32 = AtomicU32::new(0);

/// Gives how many tasks there were.
async fn count_all(tasks: Vec<Task>) -> u32 {
    let counting: Vec<_> =
        tasks.into_iter().map(|task| task.spawn(count_one())).collect();
    for counted in counting {
        counted.await.expect("it does not panic");
    }
    TOTAL.load(Ordering::SeqCst)
}

async fn count_one() {
    let after = TOTAL.fetch_add(1, Ordering::SeqCst) + 1;
    info!("writes {after}");
}
