//! What the recorder costs: nanoseconds for each stretch in which a requester
//! holds a thread, and bytes for each lane.
//!
//! `cargo bench -p lens`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use benchmark::median;
use lens::Lens;
use tracing::{Dispatch, Span, dispatcher, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

/// In each round every listener has its turn; the median round counts.
const ROUNDS: usize = 9;

/// Polls of a lane that waits for one reply.
const FEW: usize = 4;

/// Lanes that are weighed: enough to drown whatever else a process takes.
const WEIGHED: usize = 50_000;

/// Requesters of a large server.
const MILLION: usize = 1_000_000;

/// Who is told of the spans.
#[derive(Clone, Copy)]
enum Listener {
    Nobody,
    Registry,
    Recorder,
}

const LISTENERS: [Listener; 3] = [Listener::Nobody, Listener::Registry, Listener::Recorder];

/// What one round took, in nanoseconds.
struct Cost {
    /// To begin and to end a lane.
    lane: f64,
    /// To enter and to leave it: one held stretch.
    stretch: f64,
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("at-once") => return million_at_once(),
        Some("in-turn") => return million_in_turn(),
        _ => {}
    }
    // Before all else, while no freed memory lies about that a lane could take.
    let bytes = LISTENERS.map(bytes_per_lane);
    let long = rounds(1, 1_000_000);
    let many = rounds(10_000, FEW);

    println!("| median of {ROUNDS} | nobody listens | a bare registry | with the recorder |");
    println!("|---|--:|--:|--:|");
    row("a stretch, of 1,000,000 in one lane: ns", medians(&long, |cost| cost.stretch));
    row("a stretch, of 4 in each of 10,000 lanes: ns", medians(&many, |cost| cost.stretch));
    row("the begin and end of a lane: ns", medians(&many, |cost| cost.lane));
    row("a lane of 4 stretches: bytes", bytes);
    // In processes of their own, whose memory nobody else has used.
    for crowd in ["at-once", "in-turn"] {
        let program = std::env::current_exe().expect("a program has a path");
        let printed = Command::new(program).arg(crowd).output().expect("it can be run");
        print!("\n{}", String::from_utf8_lossy(&printed.stdout));
    }
}

/// What a server with a million connections pays for.
fn million_at_once() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    let bare = dispatcher::with_default(&Registry::default().into(), || {
        let before = resident_bytes();
        let spans = begin(MILLION);
        hold(&spans, FEW);
        let bytes = (resident_bytes() - before) / MILLION as f64;
        drop(spans);
        bytes
    });
    dispatcher::with_default(&subscriber.into(), || {
        let before = resident_bytes();
        let spans = begin(MILLION);
        hold(&spans, FEW);
        let bytes = (resident_bytes() - before) / MILLION as f64;
        let asked = Instant::now();
        let recording = lens.recording();
        let recorded = asked.elapsed();
        let sentences = recording.sentences();
        let told = asked.elapsed();
        assert_eq!(recording.figures.requesters, MILLION);
        println!(
            "a million at once: {:.0} bytes a lane beyond the span's own {bare:.0}; \
             recorded in {recorded:.1?}, in sentences after {told:.1?}",
            bytes - bare
        );
        println!("{}", sentences.join("\n"));
    });
}

/// What a server with a million requests pays for, one after another.
fn million_in_turn() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    dispatcher::with_default(&subscriber.into(), || {
        for number in 0..MILLION {
            let span = info_span!("requester", name = format!("R{number}"), asks = "GET /slow");
            (0..FEW).for_each(|_| span.in_scope(|| black_box(())));
            span.in_scope(lens::done);
        }
    });
    let megabytes = resident_bytes() / 1e6;
    let figures = lens.recording().figures;
    assert_eq!((figures.requesters, figures.done), (MILLION, MILLION));
    assert_eq!((figures.most_in_flight, figures.threads), (1, 1));
    println!("a million in turn: {megabytes:.0} MB, the whole process");
}

fn row(what: &str, [nobody, registry, recorder]: [f64; 3]) {
    println!("| {what} | {nobody:.0} | {registry:.0} | {recorder:.0} |");
}

/// Interleaved, so that a noisy moment of the machine falls on all alike.
fn rounds(lanes: usize, stretches: usize) -> Vec<[Cost; 3]> {
    eprintln!("{ROUNDS} rounds of {stretches} stretches in each of {lanes} lanes");
    (0..ROUNDS).map(|_| LISTENERS.map(|listener| time(listener, lanes, stretches))).collect()
}

fn medians(rounds: &[[Cost; 3]], of: fn(&Cost) -> f64) -> [f64; 3] {
    LISTENERS.map(|listener| median(rounds.iter().map(|round| of(&round[listener as usize]))))
}

fn time(listener: Listener, lanes: usize, stretches: usize) -> Cost {
    dispatcher::with_default(&listener.dispatch(), || {
        let start = Instant::now();
        let spans = begin(lanes);
        let begun = Instant::now();
        hold(&spans, stretches);
        let held = Instant::now();
        drop(spans);
        let lane = (begun - start) + held.elapsed();
        Cost {
            lane: lane.as_nanos() as f64 / lanes as f64,
            stretch: (held - begun).as_nanos() as f64 / (lanes * stretches) as f64,
        }
    })
}

/// What a lane adds to the memory this process really holds; not a number where
/// the system does not tell.
fn bytes_per_lane(listener: Listener) -> f64 {
    dispatcher::with_default(&listener.dispatch(), || {
        let before = resident_bytes();
        let spans = begin(WEIGHED);
        hold(&spans, FEW);
        (resident_bytes() - before) / spans.len() as f64
    })
}

fn resident_bytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<f64>().ok()).map_or(f64::NAN, |kib| kib * 1024.0)
}

fn begin(lanes: usize) -> Vec<Span> {
    (0..lanes).map(|number| info_span!("requester", name = format!("R{number}"))).collect()
}

/// Each lane holds the thread once before one of them does so again.
fn hold(spans: &[Span], stretches: usize) {
    for _ in 0..stretches {
        spans.iter().for_each(|span| span.in_scope(|| black_box(())));
    }
}

impl Listener {
    fn dispatch(self) -> Dispatch {
        match self {
            Self::Nobody => Dispatch::none(),
            Self::Registry => Registry::default().into(),
            Self::Recorder => Registry::default().with(Lens::new()).into(),
        }
    }
}
