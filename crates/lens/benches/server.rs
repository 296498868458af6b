//! What the lens costs a web service: requests per second with and without it.
//!
//! `cargo bench -p lens --bench server`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use benchmark::median;
use lens::Lens;
use tokio::net::TcpListener;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// In each round every server has its turn; the median round counts.
const ROUNDS: usize = 9;

/// How long a server is asked in a round.
const TURN: Duration = Duration::from_secs(2);

/// Connections at the same time, each asking for one thing after another.
const CONNECTIONS: usize = 16;

const REQUEST: &[u8] = b"GET /quick HTTP/1.1\r\nhost: x\r\n\r\n";

/// Who is told of the spans.
const SERVERS: [&str; 3] = ["nobody", "a bare registry", "the lens"];

fn main() -> io::Result<()> {
    if let Some(listener) = env::args().nth(1).filter(|it| SERVERS.contains(&it.as_str())) {
        return serve(&listener);
    }
    let mut rates: [Vec<f64>; 3] = Default::default();
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for (server, rates) in SERVERS.iter().zip(&mut rates) {
            rates.push(rate(server)?);
        }
    }
    println!(
        "| median of {ROUNDS}, {CONNECTIONS} connections | requests per second | of them left |"
    );
    println!("|---|--:|--:|");
    let medians = rates.map(median);
    for (server, rate) in SERVERS.iter().zip(medians) {
        println!("| {server} listens | {rate:.0} | {:.1} % |", 100.0 * rate / medians[0]);
    }
    Ok(())
}

/// The server: one thread, as in the example.
#[tokio::main(flavor = "current_thread")]
async fn serve(listener: &str) -> io::Result<()> {
    match listener {
        "the lens" => tracing_subscriber::registry().with(Lens::of_spans(["request"])).init(),
        "a bare registry" => tracing_subscriber::registry().init(),
        _ => {}
    }
    let app = Router::new()
        .route("/quick", get(async || "here you are"))
        .layer(middleware::from_fn(in_its_span));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

async fn in_its_span(request: Request, next: Next) -> Response {
    let span = info_span!("request", name = request.uri().path());
    next.run(request).instrument(span).await
}

/// Requests per second of a server that is started for this.
fn rate(server: &str) -> io::Result<f64> {
    let mut running =
        Running(Command::new(env::current_exe()?).arg(server).stdout(Stdio::piped()).spawn()?);
    let mut address = String::new();
    if let Some(stdout) = running.0.stdout.take() {
        BufReader::new(stdout).read_line(&mut address)?;
    }
    let address = address.trim();
    let begun = Instant::now();
    let asked: io::Result<u64> = thread::scope(|scope| {
        let asking: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| ask(address, begun))).collect();
        asking.into_iter().map(|thread| thread.join().unwrap_or(Ok(0))).sum()
    });
    Ok(asked? as f64 / begun.elapsed().as_secs_f64())
}

/// Asks for one thing after another; gives how many answers came.
fn ask(address: &str, begun: Instant) -> io::Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reply = [0; 1024];
    let mut answers = 0;
    while begun.elapsed() < TURN {
        stream.write_all(REQUEST)?;
        if stream.read(&mut reply)? == 0 {
            break;
        }
        answers += 1;
    }
    Ok(answers)
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
