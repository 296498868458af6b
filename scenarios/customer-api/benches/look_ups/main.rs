//! What slow look-ups do to quick ones in each server, beside a server that others
//! wrote; what the lens costs a server; and what a million requests leave in memory.
//!
//! `cargo bench -p customer-api`, and to choose how much of it,
//! `cargo bench -p customer-api --bench look_ups -- --help`
//!
//! Beside them stands aiohttp with aiosqlite, if the workspace has a Python with
//! both. These make one:
//!
//! ```sh
//! python3 -m venv target/peers
//! target/peers/bin/pip install aiohttp aiosqlite
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

mod load;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use benchmark::{Result, median};
use clap::Parser;

use load::{Load, at_a_rate, percentile, until_done};
use servers::{CONTENDERS, Contender, PURCHASES, RECORDED, UNRECORDED};

/// The servers of customers under load
#[derive(Parser)]
struct Options {
    /// Rounds of look-ups at a fixed rate, with slow ones among them and without
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,

    /// Look-ups per second
    #[arg(long, value_name = "N", default_value_t = 500)]
    rate: u32,

    /// How long each server is visited in a round, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 6)]
    seconds: u32,

    /// Rounds of look-ups one after another on 16 connections
    #[arg(long, value_name = "N", default_value_t = 5)]
    busy_rounds: usize,

    /// Look-ups of one server whose memory is watched
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    look_ups: usize,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// One of so many look-ups is slow.
const ONE_IN: usize = 100;

/// Connections that are always busy, when the rate is the server's to choose.
const CONNECTIONS: usize = 16;

/// Look-ups of a server in a busy round.
const BUSY: usize = 30_000;

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    servers::build_examples()?;
    // No rounds, no table.
    if options.rounds > 0 {
        slow_among_quick(options)?;
    }
    if options.busy_rounds > 0 {
        as_many_as_they_can(options.busy_rounds)?;
        with_and_without_the_lens(options.busy_rounds)?;
    }
    if options.look_ups > 0 {
        memory(options.look_ups)?;
    }
    Ok(())
}

/// The quick look-ups of a round: the median, and what one in a hundred exceeds.
struct Quick {
    p50: f64,
    p99: f64,
}

fn slow_among_quick(options: &Options) -> Result<()> {
    let Options { rounds, rate, seconds, .. } = *options;
    println!(
        "\n{rate} look-ups per second for {seconds} s, the median of {rounds} rounds; a slow one \
         adds up {PURCHASES} purchases. How long quick ones took from when they were due:\n"
    );
    println!("| server | p50, ms | p99, ms | p50, 1 % slow | p99, 1 % slow | times the p99 |");
    println!("|---|--:|--:|--:|--:|--:|");
    let contenders: Vec<&Contender> = CONTENDERS.iter().filter(|it| it.is_here()).collect();
    let mut measured: Vec<[Vec<Quick>; 2]> =
        contenders.iter().map(|_| Default::default()).collect();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            for (slow, measured) in [None, Some(ONE_IN)].into_iter().zip(measured) {
                let load = Load { rate, time: Duration::from_secs(seconds.into()), slow };
                measured.push(quick(contender, load)?);
            }
        }
    }
    for (contender, [without, with]) in contenders.iter().zip(measured) {
        let of = |quick: &[Quick], figure: fn(&Quick) -> f64| median(quick.iter().map(figure));
        let p99 = of(&without, |quick| quick.p99);
        let p99_with = of(&with, |quick| quick.p99);
        println!(
            "| {} | {:.2} | {p99:.2} | {:.2} | {p99_with:.2} | {:.1} |",
            contender.name,
            of(&without, |quick| quick.p50),
            of(&with, |quick| quick.p50),
            p99_with / p99,
        );
    }
    Ok(())
}

fn quick(contender: &Contender, load: Load) -> Result<Quick> {
    let server = contender.start()?;
    // Its connections are open then, and its pages read.
    until_done(server.address, CONNECTIONS, 500)?;
    let mut took = at_a_rate(server.address, load)?;
    took.sort_unstable();
    let ms = |share| percentile(&took, share).as_secs_f64() * 1000.0;
    Ok(Quick { p50: ms(0.5), p99: ms(0.99) })
}

fn as_many_as_they_can(rounds: usize) -> Result<()> {
    println!(
        "\n{BUSY} quick look-ups on {CONNECTIONS} connections, the median of {rounds} rounds\n"
    );
    println!("| server | per second | per second and core |\n|---|--:|--:|");
    let contenders: Vec<&Contender> = CONTENDERS.iter().filter(|it| it.is_here()).collect();
    for (contender, rates) in contenders.iter().zip(rates(&contenders, rounds)?) {
        println!("| {} | {:.0} | {:.0} |", contender.name, rates.per_second, rates.per_core);
    }
    Ok(())
}

fn with_and_without_the_lens(rounds: usize) -> Result<()> {
    let both = rates(&[&UNRECORDED, &RECORDED], rounds)?;
    println!("\nThe same with and without the lens: {BUSY} look-ups, {rounds} rounds\n");
    println!("| customers-async | per second | per second and core | of them left |");
    println!("|---|--:|--:|--:|");
    for (contender, rates) in [UNRECORDED, RECORDED].iter().zip(&both) {
        let left = 100.0 * rates.per_core / both[0].per_core;
        let Rates { per_second, per_core } = rates;
        println!("| {} | {per_second:.0} | {per_core:.0} | {left:.1} % |", contender.name);
    }
    Ok(())
}

/// Look-ups, by the clock and by the processor time that the server took for them.
struct Rates {
    per_second: f64,
    per_core: f64,
}

/// Each server's turn in each round; of each its medians.
fn rates(contenders: &[&Contender], rounds: usize) -> Result<Vec<Rates>> {
    let mut measured: Vec<Vec<Rates>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        eprintln!("busy round {round} of {rounds}");
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            let server = contender.start()?;
            until_done(server.address, CONNECTIONS, 2_000)?;
            let before = server.processor_time()?;
            let took = until_done(server.address, CONNECTIONS, BUSY)?.as_secs_f64();
            let core = server.processor_time()? - before;
            measured.push(Rates { per_second: BUSY as f64 / took, per_core: BUSY as f64 / core });
        }
    }
    let of = |rates: &[Rates], figure: fn(&Rates) -> f64| median(rates.iter().map(figure));
    let medians = measured.iter().map(|rates| Rates {
        per_second: of(rates, |it| it.per_second),
        per_core: of(rates, |it| it.per_core),
    });
    Ok(medians.collect())
}

fn memory(look_ups: usize) -> Result<()> {
    println!("\nWhat `{}` holds; 1 MB is 10⁶ bytes\n", RECORDED.name);
    println!("| after so many look-ups | MB |\n|--:|--:|");
    let server = RECORDED.start()?;
    let mut done = 0;
    for share in [0.01, 0.1, 0.25, 0.5, 0.75, 1.0] {
        let all = (look_ups as f64 * share) as usize;
        until_done(server.address, CONNECTIONS, all - done)?;
        done = all;
        println!("| {done} | {:.1} |", server.held()?);
    }
    Ok(())
}
