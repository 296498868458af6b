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

/// Gives what is in the two accounts at the end.
async fn move_all(tasks: Vec<Task>) -> String {
    let accounts = Arc::new(Mutex::new([100, 100]));
    let orders = [(0, 1, 10), (1, 0, 20)];
    let moving: Vec<_> = tasks
        .into_iter()
        .zip(orders)
        .map(|(task, (from, to, amount))| {
            task.spawn(move_money(accounts.clone(), from, to, amount))
        })
        .collect();
    for moved in moving {
        moved.await.expect("it does not panic");
    }
    let accounts = accounts.lock().await;
    format!("{} and {}", accounts[0], accounts[1])
}

async fn move_money(accounts: Arc<Mutex<[i32; 2]>>, from: usize, to: usize, amount: i32) {
    let mut accounts = accounts.lock().await;
    accounts[from] -= amount;
    accounts[to] += amount;
    info!("has moved {amount}");
}
