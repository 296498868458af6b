//! The reactor, with a socket that is ready for something else than what is
//! waited for.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use event_loop::{Connection, Executor, Reactor, Timers};

/// The executor turns this often while the reader waits.
const TURNS: usize = 20;

#[test]
fn a_task_that_waits_for_bytes_is_not_woken_because_it_may_write() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (go, gone) = mpsc::channel();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        gone.recv().unwrap();
        stream.write_all(b"!").unwrap();
    });

    let polls = Cell::new(0);
    let (timers, reactor) = (Timers::new(), Reactor::new().unwrap());
    let mut executor = Executor::new(&timers, &reactor);
    executor.spawn("reader", async {
        let connection = Connection::open(&reactor, address).await.unwrap();
        let mut buffer = [0; 8];
        let mut read = pin!(connection.read(&mut buffer));
        let read = poll_fn(|context| {
            polls.set(polls.get() + 1);
            read.as_mut().poll(context)
        });
        assert_eq!(read.await.unwrap(), 1);
    });
    executor.spawn("other", async {
        for _ in 0..TURNS {
            timers.sleep(Duration::from_millis(2)).await;
        }
        go.send(()).unwrap();
    });
    executor.run().unwrap();
    server.join().unwrap();
    assert_eq!(polls.get(), 2, "once in vain, and once for the byte");
}
