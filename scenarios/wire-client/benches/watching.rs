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

/// Prints the median of each kind.
fn compare() -> Result<()> {
    let mut measured = vec![Vec::new(); KINDS.len()];
    for _ in 0..ROUNDS {
        for (kind, measured) in KINDS.iter().zip(&mut measured) {
            measured.push(measured_by_another(kind)?);
        }
    }
    let medians: Vec<f64> = measured.into_iter().map(median).collect();
    println!("watched by     requests a second  of those without  µs more for each");
    for (kind, each) in KINDS.iter().zip(&medians) {
        let (part, more) = (each / medians[0] * 100.0, (1.0 / each - 1.0 / medians[0]) * 1e6);
        println!("{kind:<14} {each:>17.0} {part:>14.1} % {more:>17.2}");
    }
    Ok(())
}

/// A process has one subscriber for good.
fn measured_by_another(kind: &str) -> Result<f64> {
    let child = Command::new(env::current_exe()?).env(KIND, kind).output()?;
    let told = String::from_utf8(child.stdout)?;
    told.trim()
        .parse()
        .map_err(|_| format!("{told}{}", String::from_utf8_lossy(&child.stderr)).into())
}

/// Prints how many requests a second there were.
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
    println!("{each}");
    Ok(())
}

/// Gives how many requests a second there were.
fn run<F>(runtime: &Runtime, caller: impl Fn(usize) -> F) -> Result<f64>
where
    F: Future<Output = std::io::Result<Duration>> + Send + 'static,
{
    let slowest = runtime.block_on(async {
        let mut callers: JoinSet<_> = (0..CALLERS).map(caller).collect();
        let mut slowest = Duration::ZERO;
        while let Some(time) = callers.join_next().await {
            slowest = slowest.max(time??);
        }
        Result::Ok(slowest)
    })?;
    Ok(CALLERS as f64 * f64::from(REQUESTS_EACH) / slowest.as_secs_f64())
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
