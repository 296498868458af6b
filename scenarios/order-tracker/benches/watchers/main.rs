//! The tracker under load, beside a server that others' libraries make: ten thousand
//! watchers of one order, ten thousand orders with a watcher each; and a Redis connection
//! for each watcher beside one for all.
//!
//! `cargo bench -p order-tracker`, and to choose how much of it,
//! `cargo bench -p order-tracker --bench watchers -- --help`
//!
//! It needs Linux, a Redis, and some 11,000 open files for each process:
//!
//! ```sh
//! scripts/services up
//! eval "$(scripts/services env)"
//! ```
//!
//! Beside it stands `benches/peers/tracker.js`, on ws and ioredis, if there are a node 20
//! or newer and both of these:
//!
//! ```sh
//! mkdir -p target/peers
//! cp scenarios/order-tracker/benches/peers/package.json target/peers
//! npm install --prefix target/peers
//! ```
//!
//! Each server has one thread, unless `--threads` gives ours more. Both have the same routes and the same scripts in Redis, and
//! before anything is measured, each is asked whether it does the same. Couriers deliver
//! over HTTP at a fixed rate. A position's delay goes from when it was due to when a watcher
//! has read it, by the clock of one process, which has both. Every message is compared with
//! what it has to be.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

mod frames;
mod http;
mod load;
mod orders;
mod same;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use benchmark::{Result, median};
use clap::Parser;

use load::{Crowd, Schedule, Seen};
use servers::{
    CONNECTION_PER_WATCHER, Contender, NODE, OURS, Redis, Running, node_is_here, own_processor_time,
};

/// The tracker under load
#[derive(Parser)]
struct Options {
    /// Rounds of each table
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,

    /// How long positions come in a round, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    seconds: u64,

    /// Watchers of one order, which has a position each second; 0 leaves this table out
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    watchers: usize,

    /// Orders with a watcher each; 0 leaves this table out
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    orders: usize,

    /// The time from one position of each of these orders to the next, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_000)]
    every: u64,

    /// Watchers with a Redis connection each, or one for all; 0 leaves this table out
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    connections: usize,

    /// Threads of ours, each with an event loop; the other has one
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// How long the watchers of one order rest between reading and reading. It is some of each
/// delay, and little of one that goes through ten thousand.
const REST: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<()> {
    let mut redis = Redis::of_the_environment()?;
    let most = options.watchers.max(options.orders).max(options.connections);
    enough_descriptors(most + 500)?;
    let mut contenders = vec![OURS];
    match node_is_here() {
        true => contenders.push(NODE),
        false => {
            eprintln!("note: there is no node with ws and ioredis; main.rs says how to have one")
        }
    }
    for contender in &contenders {
        same(contender, options.threads)?;
    }
    let Options { seconds, every, threads, .. } = *options;
    let second = Duration::from_secs(1);
    let one_order = Work {
        orders: 1,
        watchers: options.watchers,
        threads,
        schedule: Schedule { every: second, positions: seconds, rest: REST },
    };
    let many_orders = Work {
        orders: options.orders,
        watchers: 1,
        threads,
        schedule: Schedule {
            every: Duration::from_millis(every),
            positions: (seconds * 1000).div_ceil(every),
            rest: Duration::ZERO,
        },
    };
    for work in [one_order, many_orders] {
        if work.all_watchers() > 0 {
            beside_each_other(&contenders, &work, options.rounds, &mut redis)?;
        }
    }
    if options.connections > 0 {
        let work = Work { watchers: options.connections, ..one_order };
        connections(&work, options.rounds, &mut redis)?;
    }
    Ok(())
}

/// Both this process and the servers, which inherit it, need one for each watcher.
fn enough_descriptors(wanted: usize) -> Result<()> {
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    match limit >= wanted as u64 {
        true => Ok(()),
        false => Err(format!(
            "a program may have {limit} open files, and {wanted} are needed; raise ulimit -n, or \
             have fewer --watchers, --orders and --connections"
        )
        .into()),
    }
}

fn same(contender: &Contender, threads: usize) -> Result<()> {
    let server = contender.start(2, 10, threads)?;
    same::check(server.address).map_err(|error| format!("{}: {error}", contender.name))?;
    println!("{}: {}", contender.name, server.says);
    Ok(())
}

/// Orders, watchers of each, who serves them, and when there are positions.
#[derive(Clone, Copy)]
struct Work {
    orders: usize,
    watchers: usize,
    /// Of the server, where it can have several.
    threads: usize,
    schedule: Schedule,
}

impl Work {
    fn all_watchers(&self) -> usize {
        self.orders * self.watchers
    }
}

/// What a round took. Times are in seconds, memory is in bytes.
struct Round {
    per_second: f64,
    p50: f64,
    p99: f64,
    missed: f64,
    per_watcher: f64,
    peak: f64,
    /// The server's processor time for a message.
    per_message: f64,
    /// The cores' share that the couriers and watchers took.
    busy: f64,
    /// Of how late positions were delivered, what one in a hundred exceeds.
    late: f64,
    redis: Takes,
}

/// What watchers took of Redis and of the server's descriptors.
struct Takes {
    descriptors: f64,
    connections: f64,
    memory: f64,
    processor_time: f64,
}

fn beside_each_other(
    contenders: &[Contender],
    work: &Work,
    rounds: usize,
    redis: &mut Redis,
) -> Result<()> {
    let Work { orders, watchers, schedule, .. } = work;
    println!(
        "\nOrders: {orders}; watchers of each: {watchers}; a position of each order in {} s, \
         {} of them; the median of {rounds} rounds; 1 kB is 10³ bytes\n",
        schedule.every.as_secs_f64(),
        schedule.positions,
    );
    println!(
        "| server | messages per second | p50, ms | p99, ms | missed | a watcher, kB | peak, MB | \
         a message, µs of a core | of Redis, µs | load's cores | sent late, p99, ms |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let all = interleaved(contenders, work, rounds, redis)?;
    for (contender, rounds) in contenders.iter().zip(&all) {
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        println!(
            "| {} | {:.0} | {:.2} | {:.2} | {} | {:.2} | {:.1} | {:.2} | {:.2} | {:.2} | {:.2} |",
            contender.name,
            of(|it| it.per_second),
            of(|it| it.p50) * 1e3,
            of(|it| it.p99) * 1e3,
            of(|it| it.missed),
            of(|it| it.per_watcher) / 1e3,
            of(|it| it.peak) / 1e6,
            of(|it| it.per_message) * 1e6,
            of(|it| it.redis.processor_time) * 1e6,
            of(|it| it.busy),
            of(|it| it.late) * 1e3,
        );
    }
    if let [ours, node] = &all[..] {
        // The rounds of both were turn by turn, so each has its own ratio.
        let ratio = |figure: fn(&Round) -> f64| {
            median(ours.iter().zip(node).map(|(ours, node)| figure(ours) / figure(node)))
        };
        println!(
            "\nOurs to the other's: p99 {:.2}, a watcher's memory {:.2}, a message's core {:.2}",
            ratio(|it| it.p99),
            ratio(|it| it.per_watcher),
            ratio(|it| it.per_message),
        );
    }
    Ok(())
}

fn connections(work: &Work, rounds: usize, redis: &mut Redis) -> Result<()> {
    if !CONNECTION_PER_WATCHER.is_built() {
        eprintln!("note: {} is not there", CONNECTION_PER_WATCHER.name);
        return Ok(());
    }
    let (most, wanted) = (redis.most_connections()?, work.watchers + 100);
    if most < wanted {
        return Err(format!(
            "this Redis lets {most} connect, and {wanted} are needed; start it with a greater \
             maxclients, or have fewer --connections"
        )
        .into());
    }
    // Each watcher has two descriptors of the server.
    enough_descriptors(2 * work.watchers + 500)?;
    let contenders = [OURS, CONNECTION_PER_WATCHER];
    same(&CONNECTION_PER_WATCHER, work.threads)?;
    println!(
        "\nOne order, {} watchers, {} positions in as many seconds; the median of {rounds} rounds\n",
        work.watchers, work.schedule.positions,
    );
    println!(
        "| server | its connections to Redis | its descriptors | a watcher, kB | of Redis, kB | \
         p50, ms | p99, ms | missed | a message, µs of a core | of Redis, µs |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let all = interleaved(&contenders, work, rounds, redis)?;
    for (contender, rounds) in contenders.iter().zip(&all) {
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        println!(
            "| `{}` | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {:.2} | {:.2} |",
            contender.name,
            of(|it| it.redis.connections),
            of(|it| it.redis.descriptors),
            of(|it| it.per_watcher) / 1e3,
            of(|it| it.redis.memory) / 1e3,
            of(|it| it.p50) * 1e3,
            of(|it| it.p99) * 1e3,
            of(|it| it.missed),
            of(|it| it.per_message) * 1e6,
            of(|it| it.redis.processor_time) * 1e6,
        );
    }
    Ok(())
}

/// Each server's turn in each round.
fn interleaved(
    contenders: &[Contender],
    work: &Work,
    rounds: usize,
    redis: &mut Redis,
) -> Result<Vec<Vec<Round>>> {
    let mut all: Vec<Vec<Round>> = contenders.iter().map(|_| Vec::new()).collect();
    for number in 1..=rounds {
        for (contender, measured) in contenders.iter().zip(&mut all) {
            eprintln!("round {number} of {rounds}: {}", contender.name);
            let before = redis.takes()?.connections;
            let server = contender.start(work.orders, work.watchers, work.threads)?;
            let measure = measure(&server, work, redis, before);
            measured.push(measure.map_err(|error| format!("{}: {error}", contender.name))?);
        }
    }
    Ok(all)
}

/// `others` are connected to Redis besides.
fn measure(server: &Running, work: &Work, redis: &mut Redis, others: f64) -> Result<Round> {
    // What the first watchers and positions of all make a server load is not theirs.
    same::check(server.address)?;
    let (held, redis_held) = (server.held()?, redis.takes()?.memory);
    let mut crowd = Crowd::gather(server.address, work.orders, work.watchers)?;
    crowd.warm_up()?;
    let before = (server.processor_time()?, own_processor_time()?, redis.takes()?);
    let seen = crowd.run(work.schedule)?;
    let after = (server.processor_time()?, own_processor_time()?, redis.takes()?);
    let Seen { received, missed, took, mut delays, mut late } = seen;
    let all = work.all_watchers() as u64 * work.schedule.positions;
    if received + missed != all {
        return Err(format!("{received} messages and {missed} missed are not {all}").into());
    }
    delays.sort_unstable();
    late.sort_unstable();
    let (watchers, messages) = (work.all_watchers() as f64, received as f64);
    Ok(Round {
        per_second: messages / took.as_secs_f64(),
        p50: percentile(&delays, 0.5),
        p99: percentile(&delays, 0.99),
        missed: missed as f64,
        per_watcher: (server.held()? - held) / watchers,
        peak: server.peak()?,
        per_message: (after.0 - before.0) / messages,
        busy: (after.1 - before.1) / took.as_secs_f64(),
        late: percentile(&late, 0.99),
        redis: Takes {
            descriptors: server.descriptors()?,
            connections: after.2.connections - others,
            memory: (after.2.memory - redis_held) / watchers,
            processor_time: (after.2.processor_time - before.2.processor_time) / messages,
        },
    })
}

/// Seconds; the least that so great a share of them does not exceed. They are sorted.
fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default().as_secs_f64()
}
