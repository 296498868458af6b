//! Two accounts, and two tasks that move money between them.
//!
//! `cargo workshop run two-locks` says what is asked, and what it saw.

use std::process::ExitCode;
use std::sync::Arc;

use any_order::Task;
use tokio::sync::Mutex;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(2, move_all)
}

type Account = Arc<Mutex<i32>>;

/// Gives what is in the two accounts at the end.
async fn move_all(tasks: Vec<Task>) -> String {
    let (left, right) = (Account::new(Mutex::new(100)), Account::new(Mutex::new(100)));
    let orders = [(left.clone(), right.clone(), 10), (right.clone(), left.clone(), 20)];
    let moving: Vec<_> = tasks
        .into_iter()
        .zip(orders)
        .map(|(task, (from, to, amount))| task.spawn(move_money(from, to, amount)))
        .collect();
    for moved in moving {
        moved.await.expect("it does not panic");
    }
    format!("{} and {}", left.lock().await, right.lock().await)
}

async fn move_money(from: Account, to: Account, amount: i32) {
    // Whichever way the money goes, the account at the lower address is locked first.
    let (mut from, mut to) = if Arc::as_ptr(&from) < Arc::as_ptr(&to) {
        let from = from.lock().await;
        (from, to.lock().await)
    } else {
        let to = to.lock().await;
        (from.lock().await, to)
    };
    info!("has locked both, and moves {amount}");
    *from -= amount;
    *to += amount;
}
