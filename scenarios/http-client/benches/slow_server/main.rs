//! The slow server's clients against the clock: the time they add to the wait,
//! ten thousand requests at once, and what it costs to record them.
//!
//! `cargo bench -p http-client`, and to choose how much of it,
//! `cargo bench -p http-client --bench slow_server -- --help`
//!
//! Beside them stands aiohttp, client and server, if the workspace has a Python
//! with it. These make one:
//!
//! ```sh
//! python3 -m venv target/peers
//! target/peers/bin/pip install aiohttp
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

mod contender;
mod machine;
mod pull;
mod sockets;
mod viewers;

use std::process::ExitCode;

use benchmark::Result;
use clap::Parser;

use contender::{
    AIOHTTP, ASYNC, Contender, HYPER, RECORDED, Run, SOCKETS, SYNC, THREAD, THREAD_POOL,
    UNRECORDED, UNWATCHED, WATCHED,
};

/// The slow server's clients against the clock
#[derive(Parser)]
struct Options {
    /// Rounds of ten thousand requests
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,

    /// Rounds of three requests at their real speed, which take 40 seconds each
    #[arg(long, value_name = "N", default_value_t = 3)]
    slow_rounds: usize,

    /// Also, once, ten thousand requests for a pool of 64 threads, which take 160 seconds
    #[arg(long)]
    pool: bool,

    /// Rounds of ten thousand requests with and without viewers of the live page
    #[arg(long, value_name = "N", default_value_t = 5)]
    viewer_rounds: usize,

    /// Times that one server serves ten thousand requests at once, again and again
    #[arg(long, value_name = "N", default_value_t = 4)]
    crowds: usize,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

const THREE: &[&str] = &["--seconds", "10,2,5"];
const TEN_THOUSAND: &[&str] = &["--seconds", "1", "--requests", "10000"];

fn main() -> ExitCode {
    if let Some(exit) = pull::if_asked() {
        return exit;
    }
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    println!("{}", machine::describe());
    contender::build_others()?;
    // No rounds, no table.
    if options.slow_rounds > 0 {
        time_above_the_wait(options)?;
    }
    if options.rounds > 0 {
        ten_thousand_at_once(options)?;
        with_and_without_the_recorder(options)?;
    }
    if options.viewer_rounds > 0 {
        with_and_without_viewers(options)?;
    }
    if options.crowds > 0 {
        one_crowd_after_another(options)?;
    }
    Ok(())
}

fn time_above_the_wait(options: &Options) -> Result<()> {
    let waits = [(ASYNC, 10.0), (SYNC, 17.0), (AIOHTTP, 10.0)];
    let medians = medians(&waits.map(|(client, _)| client), THREE, options.slow_rounds)?;
    println!("\nRequests of 10, 2 and 5 s, the median of {} rounds\n", options.slow_rounds);
    println!("| client | the wait, s | elapsed, s | above it, ms |\n|---|--:|--:|--:|");
    for ((client, wait), run) in waits.iter().zip(medians) {
        let cells = run.map(|Run { elapsed, .. }| {
            format!("{wait} | {elapsed:.3} | {:.0}", (elapsed - wait) * 1000.0)
        });
        row(client.name, cells);
    }
    Ok(())
}

fn ten_thousand_at_once(options: &Options) -> Result<()> {
    let at_once = [SOCKETS, HYPER, ASYNC, THREAD, AIOHTTP];
    let mut rows: Vec<_> =
        at_once.into_iter().zip(medians(&at_once, TEN_THOUSAND, options.rounds)?).collect();
    if options.pool {
        let pool = [TEN_THOUSAND, &["--workers", "64"]].concat();
        rows.extend([THREAD_POOL].into_iter().zip(medians(&[THREAD_POOL], &pool, 1)?));
    }
    println!(
        "\n10,000 requests of 1 s at once, the median of {} rounds; 1 MB is 10⁶ bytes\n",
        options.rounds
    );
    println!(
        "| client | elapsed, s | ratio | client's peak, MB | its CPU, s | server's peak, MB | its CPU, s |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let bare = rows[0].1.as_ref().map_or(f64::NAN, |run| run.elapsed);
    for (client, run) in rows {
        let cells = run.map(|Run { elapsed, client, server, .. }| {
            let ratio = elapsed / bare;
            format!(
                "{elapsed:.2} | {ratio:.2} | {:.0} | {:.2} | {:.0} | {:.2}",
                client.megabytes, client.cpu, server.megabytes, server.cpu
            )
        });
        row(client.name, cells);
    }
    Ok(())
}

fn with_and_without_the_recorder(options: &Options) -> Result<()> {
    let both = [UNRECORDED, RECORDED];
    let medians = medians(&both, TEN_THOUSAND, options.rounds)?;
    println!("\nThe same requests as `async`, the median of {} rounds\n", options.rounds);
    println!("| recorder | elapsed, s | peak, MB | CPU, s |\n|---|--:|--:|--:|");
    for (client, run) in both.iter().zip(medians) {
        let cells = run.map(|Run { elapsed, client, .. }| {
            format!("{elapsed:.2} | {:.0} | {:.2}", client.megabytes, client.cpu)
        });
        row(client.name, cells);
    }
    Ok(())
}

fn with_and_without_viewers(options: &Options) -> Result<()> {
    let both = [UNWATCHED, WATCHED];
    let medians = medians(&both, TEN_THOUSAND, options.viewer_rounds)?;
    println!(
        "\nThe same requests as `async` while the live page's events are read, \
         the median of {} rounds\n",
        options.viewer_rounds
    );
    println!(
        "| who watches | elapsed, s | ratio | the server's CPU, s | its peak, MB | snapshots |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    let unwatched = medians[0].as_ref().map_or(f64::NAN, |run| run.elapsed);
    for (contender, run) in both.iter().zip(medians) {
        let cells = run.map(|Run { elapsed, server, snapshots, .. }| {
            let snapshots = snapshots.map_or("none".to_owned(), |least| least.to_string());
            let ratio = elapsed / unwatched;
            format!(
                "{elapsed:.2} | {ratio:.3} | {:.2} | {:.0} | {snapshots}",
                server.cpu, server.megabytes
            )
        });
        row(contender.name, cells);
    }
    Ok(())
}

fn one_crowd_after_another(options: &Options) -> Result<()> {
    let held = SOCKETS.run_in_a_row(TEN_THOUSAND, options.crowds)?;
    println!("\nOne server, and 10,000 requests of 1 s at once again and again\n");
    println!("| crowd | the server's peak until then, MB | after it, MB |\n|---|--:|--:|");
    for (number, (peak, after)) in (1..).zip(held) {
        row(&number.to_string(), Some(format!("{peak:.0} | {after:.0}")));
    }
    Ok(())
}

fn row(name: &str, cells: Option<String>) {
    println!("| {name} | {} |", cells.as_deref().unwrap_or("not in target/peers"));
}

/// Each contender's median run, or none of one that is not here. In each round
/// every one has its turn, so that a noisy moment of the machine falls on all.
fn medians<const N: usize>(
    contenders: &[Contender; N],
    work: &[&str],
    rounds: usize,
) -> Result<[Option<Run>; N]> {
    let mut runs = [const { Vec::new() }; N];
    for round in 1..=rounds {
        for (contender, runs) in contenders.iter().zip(&mut runs) {
            if contender.is_here() {
                eprintln!("round {round} of {rounds}: {} {}", contender.name, work.join(" "));
                runs.push(contender.run(work)?);
            }
        }
    }
    Ok(runs.map(|runs| Run::median(&runs)))
}
