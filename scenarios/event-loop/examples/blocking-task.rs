//! What would happen if a task blocked its thread? T1 sleeps as the standard
//! library does, inside its poll, and the executor cannot poll T2 and T3.
//!
//! `cargo run -p event-loop --example blocking-task`

use std::process::ExitCode;
use std::thread;

use event_loop::{Executor, Failure, Lesson, Nothing, Reactor, Stopped, Timers, lane};
use tracing::{Instrument, info};

fn main() -> ExitCode {
    let (lesson, Nothing {}) =
        Lesson::from_args("blocking-task", "A task that blocks the event loop it shares");
    let run = lesson.start(3).on_event_loop();
    run.finish(run_all(&lesson))
}

fn run_all(lesson: &Lesson) -> Result<(), Failure> {
    let timers = Timers::new();
    let reactor = Reactor::new().map_err(Stopped::from)?;
    let mut executor = Executor::new(&timers, &reactor);
    executor.spawn("T1", block(lesson).instrument(lane("T1")));
    executor.spawn("T2", sleep(&timers, lesson, 1.0).instrument(lane("T2")));
    executor.spawn("T3", sleep(&timers, lesson, 3.0).instrument(lane("T3")));
    executor.run()?;
    Ok(())
}

async fn block(lesson: &Lesson) {
    thread::sleep(lesson.seconds(2.0));
    info!("I held the thread for as long as I slept");
    harness::done();
}

async fn sleep(timers: &Timers, lesson: &Lesson, seconds: f64) {
    timers.sleep(lesson.seconds(seconds)).await;
    info!("I have slept");
    harness::done();
}
