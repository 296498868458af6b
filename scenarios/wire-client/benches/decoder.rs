//! How many bytes of replies are understood in a second: by the decoder of this package,
//! by that of the `redis` crate's connections, and by the `redis-protocol` crate.
//!
//! `cargo bench -p wire-client --bench decoder`; options after `--`, such as `-- --help`
//!
//! It needs nothing but a machine with nothing else to do. Each contender is given the
//! same bytes in a buffer, takes all replies out of them and drops these.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benchmark::{Result, median};
use bytes::{BufMut, BytesMut};
use clap::Parser;
use redis_protocol::resp3::decode::complete::decode_bytes_mut;
use tokio_util::codec::Decoder as _;
use wire_client::protocol::Decoder;

/// Decoders of Redis's protocol, side by side
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 15)]
    rounds: usize,

    /// How long each turn is at least, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.05)]
    turn: f64,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    benchmark::exit(compare(&Options::parse()))
}

/// Bytes, how many replies are in them, and how many of them come at once.
struct Load {
    what: &'static str,
    bytes: Vec<u8>,
    replies: usize,
    piece: usize,
}

/// Takes all replies out of what comes in such pieces, and says how many there were.
type Contender = (&'static str, fn(BytesMut, usize) -> Result<usize>);

const CONTENDERS: [Contender; 3] =
    [("wire-client", ours), ("redis", of_redis), ("redis-protocol", of_redis_protocol)];

fn compare(options: &Options) -> Result<()> {
    let [(one, _), (two, _), (three, _)] = CONTENDERS;
    println!("\nMillions of bytes in a second, the median of {} rounds\n", options.rounds);
    println!("| replies | {one} | {two} | {three} | of {two} | of {three} |");
    println!("|---|--:|--:|--:|--:|--:|");
    for load in loads() {
        let mut rounds = Vec::new();
        for round in 0..=options.rounds {
            eprint!("\r{}: round {round} of {}  ", load.what, options.rounds);
            let mut speeds = [0.0; 3];
            for (speed, (name, contender)) in speeds.iter_mut().zip(CONTENDERS) {
                *speed =
                    turn(&load, contender, options.turn).map_err(|it| format!("{name}: {it}"))?;
            }
            rounds.push(speeds);
        }
        eprintln!();
        // The first one fetches code and memory.
        rounds.remove(0);
        let [ours, redis, protocol] =
            [0, 1, 2].map(|contender| median(rounds.iter().map(|round| round[contender])));
        let [to_redis, to_protocol] =
            [1, 2].map(|other| median(rounds.iter().map(|round| round[0] / round[other])));
        println!(
            "| {} | {ours:.0} | {redis:.0} | {protocol:.0} | {to_redis:.1} × | {to_protocol:.1} × |",
            load.what
        );
    }
    Ok(())
}

fn loads() -> Vec<Load> {
    let array = [&b"*10000\r\n"[..], &b"$5\r\nhello\r\n".repeat(10_000)].concat();
    let hundred = [&b"$100\r\n"[..], &[b'x'; 100], b"\r\n"].concat();
    let long = [&b"*10000\r\n"[..], &hundred.repeat(10_000)].concat();
    let numbers = [&b"*10000\r\n"[..], &b":1234567\r\n".repeat(10_000)].concat();
    let map = b"%3\r\n$4\r\nname\r\n$5\r\nhello\r\n$5\r\nprice\r\n:1250\r\n$4\r\nrate\r\n,0.25\r\n";
    let whole = |what, bytes| Load { what, bytes, replies: 1, piece: usize::MAX };
    let many = |what, reply: &[u8]| {
        let (bytes, replies) = (reply.repeat(10_000), 10_000);
        Load { what, bytes, replies, piece: usize::MAX }
    };
    vec![
        whole("array of 10,000 texts of 5 bytes", array.clone()),
        whole("array of 10,000 texts of 100 bytes", long),
        whole("array of 10,000 integers", numbers),
        Load { piece: 4096, ..whole("the first array, 4 KiB at a time", array) },
        many("10,000 × `:1`", b":1\r\n"),
        many("10,000 × `+OK`", b"+OK\r\n"),
        many("10,000 × `$5`", b"$5\r\nhello\r\n"),
        many("10,000 × a map of 3", map),
    ]
}

/// Bytes in a microsecond, which are millions of them in a second. To fill the buffer and
/// to count is no part of it.
fn turn(load: &Load, contender: fn(BytesMut, usize) -> Result<usize>, least: f64) -> Result<f64> {
    let mut elapsed = Duration::ZERO;
    let mut bytes = 0;
    while elapsed.as_secs_f64() < least {
        let buffer = BytesMut::from(&load.bytes[..]);
        let begun = Instant::now();
        let replies = contender(black_box(buffer), load.piece)?;
        elapsed += begun.elapsed();
        if replies != load.replies {
            return Err(format!("{replies} replies of {}", load.replies).into());
        }
        bytes += load.bytes.len();
    }
    Ok(bytes as f64 / elapsed.as_secs_f64() / 1e6)
}

fn ours(bytes: BytesMut, piece: usize) -> Result<usize> {
    let mut decoder = Decoder::default();
    all(bytes, piece, |buffer| Ok(decoder.decode(buffer)?.map(black_box).is_some()))
}

/// What a connection of the crate decodes with, and not the slower parser that it
/// documents.
fn of_redis(bytes: BytesMut, piece: usize) -> Result<usize> {
    let mut decoder = redis::ValueCodec::default();
    all(bytes, piece, |buffer| Ok(decoder.decode(buffer)?.map(black_box).is_some()))
}

fn of_redis_protocol(bytes: BytesMut, piece: usize) -> Result<usize> {
    all(bytes, piece, |buffer| Ok(decode_bytes_mut(buffer)?.map(black_box).is_some()))
}

/// Counts replies until there are no more.
fn all(
    bytes: BytesMut,
    piece: usize,
    mut decode: impl FnMut(&mut BytesMut) -> Result<bool>,
) -> Result<usize> {
    let mut replies = 0;
    if piece >= bytes.len() {
        let mut buffer = bytes;
        while decode(&mut buffer)? {
            replies += 1;
        }
        return Ok(replies);
    }
    let mut buffer = BytesMut::new();
    for piece in bytes.chunks(piece) {
        buffer.put_slice(piece);
        while decode(&mut buffer)? {
            replies += 1;
        }
    }
    Ok(replies)
}
