//! A courier on its way, and a watcher who comes while it is.
//!
//! `cargo workshop run subscribe-then-read` says what is asked, and what it saw.

use std::{process::ExitCode, sync::Arc};

use any_order::Task;
use tokio::sync::watch;
use tracing::info;

fn main() -> ExitCode {
    any_order::run(2, ride)
}

/// Where the courier was, first and last, and in between.
type Order = watch::Sender<Vec<u32>>;

/// Gives what the watcher has seen.
async fn ride(tasks: Vec<Task>) -> String {
    let order = Arc::new(watch::channel(vec![1]).0);
    let mut tasks = tasks.into_iter();
    let mut next = || tasks.next().expect("there are two");
    let riding = next().spawn(publish_all(order.clone()));
    let watching = next().spawn(watch(order));
    riding.await.expect("it does not panic");
    let seen = watching.await.expect("it does not panic");
    match seen.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        Some(pair) => format!("#{} right after #{}", pair[1], pair[0]),
        None => "each once, in order".to_owned(),
    }
}

/// T1: the courier is at #2, #3 and #4, where it has arrived.
async fn publish_all(order: Arc<Order>) {
    for position in 2..=4 {
        order.send_modify(|all| all.push(position));
        info!("publishes #{position}");
    }
}

/// T2: gives what it has seen, from the last position at this time to the arrival.
async fn watch(order: Arc<Order>) -> Vec<u32> {
    let mut all = order.subscribe();
    let mut seen = vec![*all.borrow_and_update().last().expect("there is a first")];
    info!("subscribes, and reads #{}", seen[0]);
    while !seen.contains(&4) {
        let _ = all.changed().await;
        let last = seen.last().copied();
        seen.extend(all.borrow_and_update().iter().filter(|position| last < Some(**position)));
    }
    seen
}
