//! Which calls of async code wait on a thread after all: a runtime tells when it starts a
//! thread, and a clock tells for how long a call kept the event loop from turning.
//!
//! `cargo run -p wire-client --example which-calls-take-a-thread`

#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::future::poll_fn;
use std::io;
use std::net::ToSocketAddrs;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::runtime::Builder;
use tokio::time::sleep;
use wire_client::sqlite::{Settings, Sqlite};

/// Work of some milliseconds in C, which knows nothing of event loops.
const COUNT: &str = "WITH RECURSIVE numbers(number) AS
    (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 100000)
    SELECT sum(number) FROM numbers";

fn main() -> io::Result<()> {
    println!("call                              runtime's threads  polls  held the loop");
    tell("tokio::time::sleep", async || sleep(Duration::from_millis(20)).await)?;
    tell("TcpStream::connect, an address", async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has one");
        TcpStream::connect(address).await.expect("it listens");
    })?;
    tell("TcpStream::connect, a name", async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it has one").port();
        TcpStream::connect(("localhost", port)).await.expect("it listens");
    })?;
    tell("tokio::net::lookup_host", async || {
        lookup_host("localhost:80").await.map(drop).expect("it is known");
    })?;
    tell("std's to_socket_addrs", async || {
        "localhost:80".to_socket_addrs().map(drop).expect("it is known");
    })?;
    tell("tokio::fs::read", async || {
        tokio::fs::read(std::env::current_exe().expect("it is known")).await.expect("it is there")
    })?;
    tell("std::fs::read", async || {
        std::fs::read(std::env::current_exe().expect("it is known")).expect("it is there")
    })?;
    tell("FFI: SQLite, called", async || {
        let database = rusqlite::Connection::open_in_memory().expect("it opens");
        let sum: i64 = database.query_row(COUNT, [], |row| row.get(0)).expect("a sum");
        assert_eq!(sum, 5_000_050_000);
    })?;
    tell("FFI: SQLite, on its thread", async || {
        let database = Sqlite::open(":memory:", Settings::default()).await.expect("it opens");
        let sum = database.call(|it| it.query_row(COUNT, [], |row| row.get::<_, i64>(0)));
        assert_eq!(sum.await.expect("a sum"), 5_000_050_000);
    })
}

/// How often each call is made. On a busy machine an answer may be there before the loop
/// asks for it, which is a poll less, and the loop may lose its core, which is no call's
/// fault.
const LOOKS: usize = 3;

/// Tells what became of a call, made several times: the most polls, and the shortest of
/// the times for which it held the loop.
fn tell<T>(name: &str, call: impl AsyncFn() -> T) -> io::Result<()> {
    let looks: Vec<Call> = (0..LOOKS).map(|_| look_at(call())).collect::<Result<_, _>>()?;
    let started = looks.iter().map(|look| look.started).max().unwrap_or_default();
    let polls = looks.iter().map(|look| look.polls).max().unwrap_or_default();
    let longest = looks.iter().map(|look| look.longest).min().unwrap_or_default();
    let longest = longest.as_secs_f64() * 1000.0;
    println!("{name:<33} {started:>17} {polls:>6} {longest:>11.1} ms");
    Ok(())
}

/// What a call does to its event loop.
pub(crate) struct Call {
    /// How many threads the runtime has started for it.
    pub(crate) started: usize,
    pub(crate) polls: u32,
    /// How long the loop could not turn at a time, at most.
    pub(crate) longest: Duration,
}

/// Runs it on an event loop of its own. What it returns is dropped afterwards: to give back
/// the memory of a large file takes longer than the call.
pub(crate) fn look_at<T>(call: impl Future<Output = T>) -> io::Result<Call> {
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let runtime = Builder::new_current_thread().enable_all().on_thread_start(count).build()?;
    let (mut polls, mut longest) = (0, Duration::ZERO);
    runtime.block_on(async {
        let mut call = pin!(call);
        let look = poll_fn(|context| {
            let begun = Instant::now();
            let polled = call.as_mut().poll(context);
            (polls, longest) = (polls + 1, longest.max(begun.elapsed()));
            polled
        });
        look.await
    });
    Ok(Call { started: started.load(Ordering::Relaxed), polls, longest })
}
