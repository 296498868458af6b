//! What each strategy adds to the time that the database needs: beside it, the
//! same eight queries in psql, as many at once.
//!
//! `cargo bench -p table-stats --bench table_stats`, with `DATABASE_URL` naming a
//! Postgres; options after `--`, such as `-- --help`
//!
//! It creates a database of its own, fills it, and drops it at the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::env;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use benchmark::{Result, median, psql, seconds};
use clap::Parser;
use postgres::{Client, NoTls};
use table_stats::{Contents, Database, PROGRAMS, Statistic, Strategy, Table, fill};

/// The strategies against psql
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 7)]
    rounds: usize,

    /// Rows of each table
    #[arg(long, value_name = "N", default_value_t = Contents::ROWS_IN_POSTGRES)]
    rows: usize,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    let given = env::var("DATABASE_URL").map_err(|_| "DATABASE_URL names no Postgres")?;
    let (server, _) = given.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
    let name = "table_stats_benchmark";
    let url = format!("{server}/{name}");
    let mut administrator = Client::connect(&given, NoTls)?;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    administrator.batch_execute(&drop)?;
    administrator.batch_execute(&format!("CREATE DATABASE {name}"))?;
    let compared = on_postgres(&url, options).and_then(|()| on_sqlite(options));
    administrator.batch_execute(&drop)?;
    compared
}

fn on_postgres(url: &str, options: &Options) -> Result<()> {
    let contents = Contents { rows: options.rows, seed: Contents::SEED };
    fill(&Database::parse(url)?, contents)?;
    // Now rather than in the middle of it.
    Client::connect(url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
    let psql = psql();
    let mut rounds = Vec::new();
    for round in 0..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        let mut times = Vec::new();
        for strategy in Strategy::ALL {
            times.push((
                seconds(|| stats(strategy, url))?,
                seconds(|| in_psql(&psql, url, strategy))?,
            ));
        }
        rounds.push(times);
    }
    // The first one brings the tables into memory.
    rounds.remove(0);

    println!("\n{contents} in Postgres, the median of {} rounds\n", options.rounds);
    println!("| strategy | elapsed, s | psql, as many at once, s | above it |\n|---|--:|--:|--:|");
    for (index, strategy) in Strategy::ALL.into_iter().enumerate() {
        let median =
            |of: fn((f64, f64)) -> f64| median(rounds.iter().map(|round| of(round[index])));
        let (ours, theirs) = (median(|(ours, _)| ours), median(|(_, theirs)| theirs));
        let above = (median(|(ours, theirs)| ours / theirs) - 1.0) * 100.0;
        println!("| `{}` | {ours:.3} | {theirs:.3} | {above:+.1} % |", PROGRAMS.name(strategy));
    }
    Ok(())
}

fn on_sqlite(options: &Options) -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let url = format!("sqlite:{}", file.path().display());
    let contents = Contents { rows: Contents::ROWS_IN_SQLITE, seed: Contents::SEED };
    fill(&Database::parse(&url)?, contents)?;
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let times = Strategy::ALL.map(|strategy| seconds(|| stats(strategy, &url)));
        rounds.push(times.into_iter().collect::<Result<Vec<f64>>>()?);
    }
    println!("\n{contents} in SQLite, the median of {} rounds\n", options.rounds);
    println!("| strategy | elapsed, s | of `stats-sync` |\n|---|--:|--:|");
    for (index, strategy) in Strategy::ALL.into_iter().enumerate() {
        let elapsed = median(rounds.iter().map(|round| round[index]));
        let share = median(rounds.iter().map(|round| round[index] / round[0]));
        println!("| `{}` | {elapsed:.3} | {share:.2} |", PROGRAMS.name(strategy));
    }
    Ok(())
}

fn stats(strategy: Strategy, url: &str) -> Result<()> {
    let program = match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_stats-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_stats-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_stats-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_stats-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_stats-thread-pool"),
    };
    let mut command = Command::new(program);
    end(command.env("DATABASE_URL", url).stdout(Stdio::null()).spawn()?)
}

fn end(mut child: Child) -> Result<()> {
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(status.to_string().into()) }
}

/// The same queries, as many of them at once as the strategy has under way, by
/// as many psqls. Each query has a connection of its own where the strategy's
/// has; the pool of `stats-async` keeps its connections for the sums.
fn in_psql(psql: &Path, url: &str, strategy: Strategy) -> Result<()> {
    let at_once = match strategy {
        Strategy::Sync | Strategy::AsyncWithBlocking => 1,
        Strategy::ThreadPool => 2,
        Strategy::Async | Strategy::Thread => 4,
    };
    let mut children = Vec::new();
    for tables in Table::ALL.chunks(Table::ALL.len() / at_once) {
        let mut command = Command::new(psql);
        command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", url]);
        for statistic in [Statistic::Average, Statistic::Sum] {
            for table in tables {
                command.args(["--command", statistic.sql(*table)]);
                if strategy != Strategy::Async {
                    command.args(["--command", r"\connect"]);
                }
            }
        }
        children.push(command.stdout(Stdio::null()).spawn()?);
    }
    children.into_iter().try_for_each(end)
}
