//! What blocks an event loop, and what notices it.

use std::hint::black_box;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use harness::{LOOP, Run};
use lens::Lens;
use lens::recording::Held;
use tracing::warn;

use crate::Plan;
use crate::sqlite::{self, Sqlite};

/// How long the callback holds the loop, in seconds: what users of a service notice.
const HOLD: f64 = 0.1;

/// So often it is looked who holds the loop.
const LOOKS_EVERY: Duration = Duration::from_millis(5);

/// Whoever has held it for so long is told of.
const TOLD_AFTER: Duration = Duration::from_millis(50);

/// So many numbers are sorted at a time.
const NUMBERS: usize = 1000;

impl Plan {
    /// How long the callback holds the loop.
    pub fn hold(&self) -> Duration {
        Duration::from_secs_f64(self.options().shared.sped_up(HOLD))
    }

    /// When the callback is called, after the start: so that replies come while it runs.
    pub fn called_after(&self) -> Duration {
        self.options().round_trip().saturating_sub(self.hold() / 2)
    }
}

/// Sorts numbers for so long, as who makes a report does, and gives how many. There is no
/// `.await` in it, so it keeps its thread all the time.
pub fn sort_for(time: Duration) -> usize {
    let (begun, mut sorted) = (Instant::now(), 0);
    while begun.elapsed() < time {
        let mut numbers: Vec<u32> = (0..NUMBERS).map(|_| fastrand::u32(..)).collect();
        numbers.sort_unstable();
        sorted += black_box(numbers).len();
    }
    sorted
}

/// Asks a database again and again, for so long, and gives how often.
pub async fn ask_for(database: &Sqlite, time: Duration) -> Result<u64, sqlite::Error> {
    let (begun, mut asked) = (Instant::now(), 0);
    while begun.elapsed() < time {
        database.call(|it| it.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))).await?;
        asked += 1;
    }
    Ok(asked)
}

/// A thread that looks at the event loop from outside, and tells who blocks it while that
/// goes on. It ends when this is dropped.
pub struct Watch {
    /// Dropping it ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts the thread, which looks at what this run records.
    pub fn start(run: &Run) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let Some(lens) = run.lens() else { return Ok(Self { stop: None, thread: None }) };
        let watch = move || {
            let mut told = None;
            while stopped.recv_timeout(LOOKS_EVERY) == Err(RecvTimeoutError::Timeout) {
                look(&lens, &mut told);
            }
        };
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(watch)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// Tells of each time once: `told` is what began when.
fn look(lens: &Lens, told: &mut Option<(usize, Duration)>) {
    let Some(taken) = lens.while_blocked() else { return };
    let long = |held: &&Held| held.time() >= TOLD_AFTER;
    let Some(held) = taken.held_now().filter(long) else { return };
    let this = (held.thread, held.from);
    if *told != Some(this) {
        *told = Some(this);
        for sentence in taken.blocked_now() {
            warn!(target: LOOP, "{sentence}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // If it panicked, nobody watches any more, and the run goes on.
            let _ = thread.join();
        }
    }
}
