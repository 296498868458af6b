//! How much faster each strategy is than the same work on one thread, with a
//! range for each worker and with many small ones.
//!
//! `cargo bench -p cpu-bound --bench speedup`; options after `--`, such as `-- --help`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};
use std::thread::available_parallelism;

use benchmark::{Result, median, seconds};
use clap::Parser;
use cpu_bound::{Strategy, is_prime};

/// The strategies against one thread
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,

    /// Find the primes from 1 to N
    #[arg(long, value_name = "N", default_value_t = 10_100_000)]
    up_to: u32,

    /// How many small ranges there are
    #[arg(long, value_name = "N", default_value_t = 100)]
    ranges: u32,

    /// Threads or processes at a time [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Seconds of one round.
struct Round {
    alone: f64,
    /// For each strategy, with equal ranges and with small ones.
    strategies: Vec<[f64; 2]>,
}

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    let workers = match options.workers {
        Some(workers) => workers,
        None => available_parallelism()?.get(),
    };
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        rounds.push(measure(options, workers)?);
    }
    print(options, workers, &rounds);
    Ok(())
}

fn measure(options: &Options, workers: usize) -> Result<Round> {
    let alone = seconds(|| {
        black_box((1..=black_box(options.up_to)).filter(|number| is_prime(*number)).count());
        Ok(())
    })?;
    let find = |strategy| {
        let small = options.ranges;
        Ok([
            seconds(|| run(strategy, options, workers, None))?,
            seconds(|| run(strategy, options, workers, Some(small)))?,
        ])
    };
    let strategies = Strategy::ALL.into_iter().map(find).collect::<Result<_>>()?;
    Ok(Round { alone, strategies })
}

fn run(strategy: Strategy, options: &Options, workers: usize, ranges: Option<u32>) -> Result<()> {
    let mut command = Command::new(program(strategy));
    command.args(["--up-to", &options.up_to.to_string()]);
    if strategy.has_workers() {
        command.args(["--workers", &workers.to_string()]);
    }
    // Without workers too there are as many ranges as the others have.
    let ranges = ranges.map_or(workers.to_string(), |ranges| ranges.to_string());
    command.args(["--ranges", &ranges]);
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", strategy.name()).into()) }
}

fn print(options: &Options, workers: usize, rounds: &[Round]) {
    let Options { up_to, ranges, .. } = options;
    let alone = median(rounds.iter().map(|round| round.alone));
    let each = alone / f64::from(*up_to) * 1e9;
    println!(
        "\nThe primes from 1 to {up_to}, {workers} workers, median of {} rounds",
        rounds.len()
    );
    println!("\nOne thread without any of this: {alone:.3} s, {each:.0} ns for a number.\n");
    println!("| strategy | elapsed, s | speed-up | {ranges} ranges, s | speed-up |");
    println!("|---|--:|--:|--:|--:|");
    for (index, strategy) in Strategy::ALL.into_iter().enumerate() {
        let [equal, small] = [0, 1].map(|cut| {
            let elapsed = median(rounds.iter().map(|round| round.strategies[index][cut]));
            let ratios = rounds.iter().map(|round| round.alone / round.strategies[index][cut]);
            format!("{elapsed:.3} | {:.2}", median(ratios))
        });
        println!("| `{}` | {equal} | {small} |", strategy.name());
    }
}

fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_primes-sync"),
        Strategy::Thread => env!("CARGO_BIN_EXE_primes-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_primes-thread-pool"),
        Strategy::Process => env!("CARGO_BIN_EXE_primes-process"),
        Strategy::Async => env!("CARGO_BIN_EXE_primes-async"),
        Strategy::AsyncSpawnBlocking => env!("CARGO_BIN_EXE_primes-async-spawn-blocking"),
    }
}
