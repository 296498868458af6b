//! What it costs to watch an event loop: requests a second of the same loop, with nothing
//! that watches, with the lens, with tokio-metrics, and with the console.
//!
//! `cargo bench -p wire-client --features metrics --bench watching`
//!
//! and, since the console needs a tokio that was built for it, of which even the part
//! that nobody listens to costs something:
//!
//! `RUSTFLAGS="--cfg tokio_unstable" cargo bench -p wire-client --features metrics,console --bench watching --target-dir target/console`
//!
//! A request is a message of 16 bytes to an echo on another thread, over loopback, and its
//! reply; 32 callers are under way on one event loop. Each measurement is a process of its
//! own, and the rounds of all kinds take turns. It needs nothing but this machine.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::env;
use std::fs;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use benchmark::{Result, median};
use lens::Lens;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
#[cfg(feature = "metrics")]
use tokio_metrics::TaskMonitor;
use tracing::{Instrument, info_span};
use tracing_subscriber::prelude::*;

const CALLERS: usize = 32;
const REQUESTS_EACH: u32 = 2000;
const ROUNDS: usize = 9;
const KIND: &str = "WATCHED_BY";

/// What watches the loop.
const KINDS: &[&str] = &[
    "nothing",
    "the lens",
    #[cfg(feature = "metrics")]
    "tokio-metrics",
    #[cfg(feature = "console")]
    "the console",
];

fn main() -> ExitCode {
    benchmark::exit(match env::var(KIND) {
        Ok(kind) => measure(&kind),
        Err(_) => compare(),
    })
}

/// Prints the medians of each kind.
fn compare() -> Result<()> {
    let mut measured = vec![Vec::new(); KINDS.len()];
    for _ in 0..ROUNDS {
        for (kind, measured) in KINDS.iter().zip(&mut measured) {
            measured.push(measured_by_another(kind)?);
        }
    }
    println!("watched by     requests a second   µs of the loop's thread for each   more");
    let mut unwatched = None;
    for (kind, measured) in KINDS.iter().zip(&measured) {
        let a_second = median(measured.iter().map(|it| it.a_second));
        let held = median(measured.iter().map(|it| it.held));
        let more = held - *unwatched.get_or_insert(held);
        println!("{kind:<14} {a_second:>17.0} {held:>34.2} {more:>6.2}");
    }
    Ok(())
}

/// What a process has measured.
#[derive(Clone, Copy)]
struct Measured {
    /// Requests, by the clock.
    a_second: f64,
    /// Microseconds for which the event loop's thread had a core, for each request: what
    /// else the machine does has little part in that. 0 where the system does not tell.
    held: f64,
}

/// A process has one subscriber for good.
fn measured_by_another(kind: &str) -> Result<Measured> {
    let child = Command::new(env::current_exe()?).env(KIND, kind).output()?;
    let told = String::from_utf8(child.stdout)?;
    let mut figures = told.split_whitespace().map(str::parse);
    match (figures.next(), figures.next()) {
        (Some(a_second), Some(held)) => Ok(Measured { a_second: a_second?, held: held? }),
        _ => Err(format!("{told}{}", String::from_utf8_lossy(&child.stderr)).into()),
    }
}

/// Prints both figures.
fn measure(kind: &str) -> Result<()> {
    let echo = echo()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let each = match kind {
        "the lens" => {
            tracing_subscriber::registry().with(runtime.block_on(async { Lens::new() })).init();
            let span = |caller: usize| info_span!("requester", name = format!("R{caller}"));
            run(&runtime, |caller| ask(echo).instrument(span(caller)))?
        }
        #[cfg(feature = "metrics")]
        "tokio-metrics" => {
            let monitor = TaskMonitor::new();
            run(&runtime, |_| TaskMonitor::instrument(&monitor, ask(echo)))?
        }
        #[cfg(feature = "console")]
        "the console" => {
            console_subscriber::init();
            run(&runtime, |_| ask(echo))?
        }
        _ => run(&runtime, |_| ask(echo))?,
    };
    println!("{} {}", each.a_second, each.held);
    Ok(())
}

/// Makes all requests.
fn run<F>(runtime: &Runtime, caller: impl Fn(usize) -> F) -> Result<Measured>
where
    F: Future<Output = std::io::Result<Duration>> + Send + 'static,
{
    let before = had_a_core();
    let slowest = runtime.block_on(async {
        let mut callers: JoinSet<_> = (0..CALLERS).map(caller).collect();
        let mut slowest = Duration::ZERO;
        while let Some(time) = callers.join_next().await {
            slowest = slowest.max(time??);
        }
        Result::Ok(slowest)
    })?;
    let (had, all) = (had_a_core() - before, CALLERS as f64 * f64::from(REQUESTS_EACH));
    Ok(Measured { a_second: all / slowest.as_secs_f64(), held: had * 1e6 / all })
}

/// For how many seconds this thread had a core so far; 0 where the system does not tell.
fn had_a_core() -> f64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = told.split(' ').next().and_then(|it| it.parse().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}

/// Makes all requests of a caller; gives how long they took.
async fn ask(echo: SocketAddr) -> std::io::Result<Duration> {
    let mut stream = TcpStream::connect(echo).await?;
    stream.set_nodelay(true)?;
    let mut message = [7; 16];
    let begun = Instant::now();
    for _ in 0..REQUESTS_EACH {
        stream.write_all(&message).await?;
        stream.read_exact(&mut message).await?;
    }
    Ok(begun.elapsed())
}

/// An echo on threads that nobody watches.
fn echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                use std::io::{Read, Write};
                let mut message = [0; 16];
                stream.set_nodelay(true)?;
                loop {
                    stream.read_exact(&mut message)?;
                    stream.write_all(&message)?;
                }
                #[expect(unreachable_code, reason = "it gives the type of the closure")]
                std::io::Result::Ok(())
            });
        }
    });
    Ok(address)
}
