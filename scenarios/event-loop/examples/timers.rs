//! The three tasks of `print-after-sleep`, on the executor of this chapter
//! instead of tokio's.
//!
//! `cargo run -p event-loop --example timers`

use std::process::ExitCode;
use std::time::Duration;

use event_loop::{Executor, Failure, Lesson, Nothing, Reactor, Stopped, Timers, lane};
use tracing::{Instrument, info};

fn main() -> ExitCode {
    let (lesson, Nothing {}) = Lesson::from_args(
        "timers",
        "Three tasks that print a line after 2, 1 and 3 seconds, on this chapter's executor",
    );
    let run = lesson.start(3).on_event_loop();
    run.finish(run_all(&lesson))
}

fn run_all(lesson: &Lesson) -> Result<(), Failure> {
    let timers = Timers::new();
    let reactor = Reactor::new().map_err(Stopped::from)?;
    let mut executor = Executor::new(&timers, &reactor);
    for (number, seconds) in [(1, 2.0), (2, 1.0), (3, 3.0)] {
        let name = format!("T{number}");
        let task = run_after(&timers, number, lesson.seconds(seconds));
        executor.spawn(&name, task.instrument(lane(&name)));
    }
    executor.run()?;
    Ok(())
}

async fn run_after(timers: &Timers, number: u32, time: Duration) {
    timers.sleep(time).await;
    info!("Running Task {number}");
    harness::done();
}
