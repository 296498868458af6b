//! A courier on its way, and a watcher who comes while it is.
//!
//! `cargo workshop run subscribe-then-read` says what is asked, and what it saw.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::{process::ExitCode, sync::Arc};

use any_order::Task;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tracing::info;

fn main() -> ExitCode {
    any_order::run(2, ride)
}

/// Where the courier was last, and who is told of its next positions.
struct Order {
    last: AtomicU32,
    subscribers: Mutex<Vec<UnboundedSender<u32>>>,
}

/// Gives what the watcher has seen.
async fn ride(tasks: Vec<Task>) -> String {
    let order = Arc::new(Order { last: AtomicU32::new(1), subscribers: Mutex::default() });
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
        order.last.store(position, SeqCst);
        for subscriber in order.subscribers.lock().await.iter() {
            let _ = subscriber.send(position);
        }
        info!("publishes #{position}");
    }
}

/// T2: gives what it has seen, from the last position at this time to the arrival.
async fn watch(order: Arc<Order>) -> Vec<u32> {
    let (sender, mut published) = unbounded_channel();
    order.subscribers.lock().await.push(sender);
    info!("subscribes");
    let mut seen = vec![order.last.load(SeqCst)];
    info!("reads #{}", seen[0]);
    while !seen.contains(&4) {
        let position = published.recv().await.expect("the order is there");
        if seen.last() != Some(&position) {
            seen.push(position);
        }
    }
    seen
}
