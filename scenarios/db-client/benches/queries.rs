//! The five strategies against the database's own program: the same three
//! queries by `psql` or `sqlite3`, one after another and all at once.
//!
//! `cargo bench -p db-client --bench queries`, with `DATABASE_URL` naming a
//! Postgres; options after `--`, such as `-- --help`
//!
//! It creates a database and a file of its own, fills them, and removes both.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::env;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use benchmark::{Result, median, psql};
use cities_db::generator::{Order, Start};
use clap::Parser;
use database::Database;
use database::generator::fill_if_missing;
use db_client::{PROGRAMS, Request, Strategy};
use postgres::{Client, NoTls};
use wait4::Wait4;

/// The strategies against psql and sqlite3
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,

    /// Copies of every city in Postgres
    #[arg(long, value_name = "N", default_value_t = 1000)]
    postgres_copies: u32,

    /// Copies of every city in SQLite
    #[arg(long, value_name = "N", default_value_t = 400)]
    sqlite_copies: u32,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Where the queries go, and the program that stands beside the strategies.
struct Target {
    url: String,
    peer: fn(&str, &str) -> Command,
}

/// One run: seconds, and the peak memory of its process in MB (10⁶ bytes).
#[derive(Clone, Copy)]
struct Run {
    elapsed: f64,
    megabytes: f64,
}

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    on_sqlite(options)?;
    match env::var("DATABASE_URL") {
        Ok(given) => on_postgres(&given, options),
        Err(_) => {
            println!("\nNothing is measured on Postgres: DATABASE_URL names none.");
            Ok(())
        }
    }
}

fn on_postgres(given: &str, options: &Options) -> Result<()> {
    let (server, _) = given.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
    let url = format!("{server}/db_client_benchmark");
    let mut administrator = Client::connect(given, NoTls)?;
    let drop = "DROP DATABASE IF EXISTS db_client_benchmark WITH (FORCE)";
    administrator.batch_execute(drop)?;
    administrator.batch_execute("CREATE DATABASE db_client_benchmark")?;
    let order = Order::new(options.postgres_copies, Start::Add);
    let measured = fill_if_missing(&Database::parse(&url)?, &order)
        .map_err(Into::into)
        .and_then(|()| Ok(Client::connect(&url, NoTls)?.batch_execute("VACUUM ANALYZE")?))
        .and_then(|()| measure(&Target { url, peer: in_psql }, options.rounds))
        .map(|rounds| print("Postgres", options.postgres_copies, &rounds));
    administrator.batch_execute(drop)?;
    measured
}

fn on_sqlite(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("cities.sqlite").display());
    let order = Order::new(options.sqlite_copies, Start::Add);
    fill_if_missing(&Database::parse(&url)?, &order)?;
    let rounds = measure(&Target { url, peer: in_sqlite3 }, options.rounds)?;
    print("SQLite", options.sqlite_copies, &rounds);
    Ok(())
}

/// What the peer took one after another and at once, and each strategy, in each round.
struct Round {
    in_sequence: f64,
    at_once: f64,
    strategies: Vec<Run>,
}

fn measure(target: &Target, rounds: usize) -> Result<Vec<Round>> {
    let mut measured = Vec::new();
    for round in 0..=rounds {
        eprintln!("{}: round {round} of {rounds}", target.url);
        let strategies = Strategy::ALL.into_iter().map(|strategy| run(strategy, &target.url));
        let strategies = strategies.collect::<Result<_>>()?;
        let (in_sequence, at_once) = (peer(target, 1)?, peer(target, 3)?);
        measured.push(Round { in_sequence, at_once, strategies });
    }
    // The first one brings the tables into memory.
    measured.remove(0);
    Ok(measured)
}

fn print(database: &str, copies: u32, rounds: &[Round]) {
    let median = |of: &dyn Fn(&Round) -> f64| median(rounds.iter().map(of));
    println!("\n{copies} copies in {database}, the median of {} rounds", rounds.len());
    println!(
        "\nIts own program took {:.2} s for the three queries one after another, {:.2} s at once.\n",
        median(&|round| round.in_sequence),
        median(&|round| round.at_once)
    );
    println!("| strategy | elapsed, s | of one after another | of at once | peak, MB |");
    println!("|---|--:|--:|--:|--:|");
    for (index, strategy) in Strategy::ALL.into_iter().enumerate() {
        println!(
            "| `{}` | {:.2} | {:.2} | {:.2} | {:.0} |",
            PROGRAMS.name(strategy),
            median(&|round| round.strategies[index].elapsed),
            median(&|round| round.strategies[index].elapsed / round.in_sequence),
            median(&|round| round.strategies[index].elapsed / round.at_once),
            median(&|round| round.strategies[index].megabytes),
        );
    }
}

fn run(strategy: Strategy, url: &str) -> Result<Run> {
    let program = match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_db-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_db-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_db-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_db-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_db-thread-pool"),
    };
    let mut command = Command::new(program);
    let begun = Instant::now();
    let child = command.env("DATABASE_URL", url).stdout(Stdio::null()).spawn()?;
    let ended = child.wait4()?;
    if !ended.status.success() {
        return Err(format!("{program}: {}", ended.status).into());
    }
    let megabytes = ended.rusage.maxrss as f64 / 1e6;
    Ok(Run { elapsed: begun.elapsed().as_secs_f64(), megabytes })
}

/// The three queries by the database's own program, so many of them at once.
fn peer(target: &Target, at_once: usize) -> Result<f64> {
    let begun = Instant::now();
    for requests in Request::ALL.chunks(at_once) {
        let start = |request: &Request| {
            (target.peer)(&target.url, request.query).stdout(Stdio::null()).spawn()
        };
        let children: Vec<Child> = requests.iter().map(start).collect::<std::io::Result<_>>()?;
        for mut child in children {
            let status = child.wait()?;
            if !status.success() {
                return Err(format!("the database's own program: {status}").into());
            }
        }
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn in_psql(url: &str, query: &str) -> Command {
    let mut command = Command::new(psql());
    let copy = format!("COPY ({query}) TO STDOUT");
    command.args(["--no-psqlrc", "--set", "ON_ERROR_STOP=1", url, "--command", &copy]);
    command
}

fn in_sqlite3(url: &str, query: &str) -> Command {
    let mut command = Command::new("sqlite3");
    command.arg(url.trim_start_matches("sqlite:"));
    command.args(["PRAGMA case_sensitive_like = ON", query]);
    command
}
