//! Every order in which a thread that calls a waker can meet the executor.
//!
//! `cargo test -p event-loop --features loom --lib model`

use std::future::poll_fn;
use std::time::Instant;

use super::*;

/// A thread that sends a message, and then calls the waker of whom it is for.
fn send(message: &Arc<AtomicBool>, waker: Arc<TaskWaker>) -> thread::JoinHandle<()> {
    let message = message.clone();
    thread::spawn(move || {
        // Relaxed: that the task sees it is up to the waker.
        message.store(true, Ordering::Relaxed);
        waker.wake();
    })
}

/// Runs the test with an executor of one task that waits for a message.
fn with_waiting_task(
    test: impl Fn(&mut Executor<'_, ()>, &Arc<AtomicBool>) + Send + Sync + 'static,
) {
    loom::model(move || {
        let (timers, reactor) = (Timers::new(), Reactor::new().expect("something to wait with"));
        let mut executor = Executor::new(&timers, &reactor);
        let message = Arc::new(AtomicBool::new(false));
        let awaited = message.clone();
        let is_sent = move || awaited.load(Ordering::Relaxed);
        let waits = poll_fn(move |_| if is_sent() { Poll::Ready(()) } else { Poll::Pending });
        executor.spawn("T1", waits);
        test(&mut executor, &message);
    });
}

impl Executor<'_, ()> {
    fn turn(&mut self) {
        for id in self.ready.take() {
            self.poll(id);
        }
    }

    fn is_done(&self) -> bool {
        self.tasks.is_empty()
    }
}

#[test]
fn a_message_is_seen_in_this_turn_or_in_the_next() {
    with_waiting_task(|executor, message| {
        let sender = send(message, executor.tasks[&0].waker.clone());
        executor.turn();
        sender.join().unwrap();
        executor.turn();
        assert!(executor.is_done(), "the message was sent, and nobody looked");
    });
}

#[test]
fn whoever_fills_an_empty_queue_rings() {
    with_waiting_task(|executor, message| {
        executor.turn();
        let sender = send(message, executor.tasks[&0].waker.clone());
        let sleeps = executor.ready.ids().is_empty();
        sender.join().unwrap();
        let (begun, long) = (Instant::now(), Duration::from_secs(10));
        if sleeps {
            executor.reactor.wait(Some(long)).unwrap();
        }
        assert!(begun.elapsed() < long / 2, "the executor slept, and nobody rang");
        executor.turn();
        assert!(executor.is_done());
    });
}

#[test]
fn two_threads_that_call_at_once_are_one_turn() {
    with_waiting_task(|executor, message| {
        executor.turn();
        let waker = || executor.tasks[&0].waker.clone();
        let senders = [send(message, waker()), send(message, waker())];
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        assert_eq!(executor.ready.ids().len(), 1);
    });
}
