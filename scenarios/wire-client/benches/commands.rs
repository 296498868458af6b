//! How many `GET`s a second each way of being a client makes of the same Redis, with 1, 64
//! and 1,024 of them in flight: ours, the multiplexed connection of the `redis` crate, and
//! `redis-benchmark`.
//!
//! `cargo bench -p wire-client --bench commands`; options after `--`, such as `-- --help`
//!
//! It needs the programs `redis-server` and `redis-benchmark`, and a machine with nothing
//! else to do. All of ours and the `redis` crate run on one thread, with a task for each
//! command in flight. One at a time, a bare socket is the limit: it writes the same bytes,
//! reads what comes, and understands nothing. There is one that blocks and one that is
//! awaited, since an event loop asks the system once more for each round trip.
//!
//! On a machine with nothing to do, most of a round trip is the time that a core takes to
//! wake up. On one core that is always awake, the clients differ by what they do themselves:
//! `taskset -c 0 cargo bench …`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command as Process, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use benchmark::{Result, median};
use clap::Parser;
use redis::AsyncConnectionConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use wire_client::protocol::{Command, Value};
use wire_client::{Address, Server, blocking, pipelined, simple, threaded};

const KEY: &str = "wire-client-bench";
const VALUE: &str = "hello";

/// The bytes of the reply: `$5`, the value, and two ends of lines.
const REPLY: usize = 11;

/// As many bytes are read at once, as the clients do.
const PIECE: usize = 16 << 10;

/// How many are in flight, and how many are made in a turn.
const DEPTHS: [(usize, usize); 3] = [(1, 20_000), (64, 200_000), (1024, 400_000)];

/// Clients of Redis, side by side
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 9)]
    rounds: usize,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

/// Makes so many commands with so many in flight.
type Contender = (&'static str, fn(&Address, usize, usize) -> Result<f64>);

/// These have one command in flight on a connection.
const ONE_AT_A_TIME: [Contender; 5] = [
    ("bare socket", bare_socket),
    ("bare socket, awaited", bare_socket_awaited),
    ("blocking", blocking),
    ("simple", simple),
    ("threaded", threaded),
];

const ANY_DEPTH: [Contender; 3] =
    [("pipelined", pipelined), ("redis crate", redis_crate), ("redis-benchmark", redis_benchmark)];

fn compare(options: &Options) -> Result<()> {
    let server = Server::find_or_start().map_err(|it| harness::Failure::from(it).to_string())?;
    let address = server.address();
    let mut client = blocking::Client::connect(address)?;
    client.call(&Command::new("SET").arg(KEY).arg(VALUE))?;
    println!("\nThousands of GETs a second, the median of {} rounds\n", options.rounds);
    for (in_flight, commands) in DEPTHS {
        let one_at_a_time = if in_flight == 1 { &ONE_AT_A_TIME[..] } else { &[] };
        let contenders: Vec<_> = ANY_DEPTH.iter().chain(one_at_a_time).collect();
        let mut rounds = vec![Vec::new(); contenders.len()];
        for round in 0..=options.rounds {
            eprint!("\r{in_flight} in flight: round {round} of {}  ", options.rounds);
            for ((name, contender), speeds) in contenders.iter().zip(&mut rounds) {
                let made = contender(address, in_flight, commands);
                speeds.push(made.map_err(|it| format!("{name}: {it}"))?);
            }
        }
        eprintln!();
        tell(in_flight, &contenders, &rounds);
    }
    client.call(&Command::new("DEL").arg(KEY))?;
    Ok(())
}

/// The pipelined client is what the others are compared with; the ratio is that of each
/// round, of which the median is told.
fn tell(in_flight: usize, contenders: &[&Contender], rounds: &[Vec<f64>]) {
    println!("| {in_flight} in flight | a second | pipelined : this one |\n|---|--:|--:|");
    for ((name, _), speeds) in contenders.iter().zip(rounds) {
        // The first round fetches code and memory.
        let speed = median(speeds[1..].iter().copied()) / 1000.0;
        let ratio = median(rounds[0][1..].iter().zip(&speeds[1..]).map(|(ours, it)| ours / it));
        let digits = usize::from(speed < 100.0);
        println!("| {name} | {speed:.digits$} | {ratio:.2} |");
    }
    println!();
}

fn get() -> Command {
    Command::new("GET").arg(KEY)
}

fn check(reply: &Value) -> Result<()> {
    let is_right = reply.as_text().is_some_and(|text| &text[..] == VALUE.as_bytes());
    if is_right { Ok(()) } else { Err(format!("a reply is {reply:?}").into()) }
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn a_second(commands: usize, begun: Instant) -> f64 {
    commands as f64 / begun.elapsed().as_secs_f64()
}

fn bare_socket(address: &Address, _: usize, commands: usize) -> Result<f64> {
    let mut socket = TcpStream::connect(address.host_and_port())?;
    socket.set_nodelay(true)?;
    let (get, mut piece) = (get(), vec![0; PIECE]);
    let begun = Instant::now();
    for _ in 0..commands {
        socket.write_all(get.as_bytes())?;
        let mut read = 0;
        while read < REPLY {
            read += some(socket.read(&mut piece)?)?;
        }
    }
    Ok(a_second(commands, begun))
}

fn bare_socket_awaited(address: &Address, _: usize, commands: usize) -> Result<f64> {
    runtime()?.block_on(async {
        let mut socket = tokio::net::TcpStream::connect(address.host_and_port()).await?;
        socket.set_nodelay(true)?;
        let (get, mut piece) = (get(), vec![0; PIECE]);
        let begun = Instant::now();
        for _ in 0..commands {
            socket.write_all(get.as_bytes()).await?;
            let mut read = 0;
            while read < REPLY {
                read += some(socket.read(&mut piece).await?)?;
            }
        }
        Ok(a_second(commands, begun))
    })
}

fn some(read: usize) -> Result<usize> {
    if read == 0 { Err("the server has closed it".into()) } else { Ok(read) }
}

fn blocking(address: &Address, _: usize, commands: usize) -> Result<f64> {
    let mut client = blocking::Client::connect(address)?;
    let get = get();
    let begun = Instant::now();
    for _ in 0..commands {
        check(&client.call(&get)?)?;
    }
    Ok(a_second(commands, begun))
}

fn simple(address: &Address, _: usize, commands: usize) -> Result<f64> {
    runtime()?.block_on(async {
        let mut client = simple::Client::connect(address).await?;
        let get = get();
        let begun = Instant::now();
        for _ in 0..commands {
            check(&client.call(&get).await?)?;
        }
        Ok(a_second(commands, begun))
    })
}

fn threaded(address: &Address, _: usize, commands: usize) -> Result<f64> {
    runtime()?.block_on(async {
        let client = threaded::Client::connect(address).await?;
        let get = get();
        let begun = Instant::now();
        for _ in 0..commands {
            check(&client.call(&get).await?)?;
        }
        Ok(a_second(commands, begun))
    })
}

fn pipelined(address: &Address, in_flight: usize, commands: usize) -> Result<f64> {
    runtime()?.block_on(async {
        let client = pipelined::Client::connect(address).await?;
        let get = Arc::new(get());
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (client, get) = (client.clone(), Arc::clone(&get));
            tasks.spawn(async move {
                for _ in 0..commands / in_flight {
                    check(&client.call(&get).await.map_err(|it| it.to_string())?)
                        .map_err(|it| it.to_string())?;
                }
                Ok::<_, String>(())
            });
        }
        ended(tasks).await?;
        Ok(a_second(commands, begun))
    })
}

fn redis_crate(address: &Address, in_flight: usize, commands: usize) -> Result<f64> {
    runtime()?.block_on(async {
        let (host, port) = address.host_and_port();
        let client = redis::Client::open(format!("redis://{host}:{port}/?protocol=resp3"))?;
        // As ours, it waits for a reply for as long as it takes.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut get = redis::cmd("GET");
        get.arg(KEY);
        let get = Arc::new(get);
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (mut connection, get) = (connection.clone(), Arc::clone(&get));
            tasks.spawn(async move {
                for _ in 0..commands / in_flight {
                    let reply = connection.send_packed_command(&get).await;
                    match reply.map_err(|it| it.to_string())? {
                        redis::Value::BulkString(text) if text == VALUE.as_bytes() => {}
                        reply => return Err(format!("a reply is {reply:?}")),
                    }
                }
                Ok(())
            });
        }
        ended(tasks).await?;
        Ok(a_second(commands, begun))
    })
}

async fn ended(mut tasks: JoinSet<std::result::Result<(), String>>) -> Result<()> {
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// Redis's own, in C: it sends so many, and when it has all of their replies the next ones.
fn redis_benchmark(address: &Address, in_flight: usize, commands: usize) -> Result<f64> {
    let (host, port) = address.host_and_port();
    let (port, in_flight, commands) =
        (port.to_string(), in_flight.to_string(), commands.to_string());
    let args = ["-h", host, "-p", &port, "-c", "1", "-P", &in_flight, "-n", &commands, "-q"];
    let ran = Process::new("redis-benchmark").args(args).args(["GET", KEY]).output()?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let figure = said.rsplit_once(" requests per second").and_then(|(before, _)| {
        before.rsplit([' ', '\r', '\n']).next().and_then(|figure| figure.parse().ok())
    });
    figure.ok_or_else(|| format!("redis-benchmark says no figure: {said}").into())
}
