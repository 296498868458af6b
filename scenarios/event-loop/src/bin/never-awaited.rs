//! Three futures, made in one moment: one is awaited, one is awaited later, and
//! one never is. A future that nobody polls does nothing.
//!
//! `cargo run -p event-loop --bin never-awaited`

use std::process::ExitCode;
use std::time::Duration;

use event_loop::{Lesson, Nothing, lane};
use harness::Failure;
use tokio::time::sleep;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (lesson, Nothing {}) = Lesson::from_args(
        "never-awaited",
        "Three futures, of which one is awaited, one later, and one never",
    );
    let run = lesson.start(4);
    make_three(lesson.seconds(1.0)).instrument(lane("main")).await;
    run.finish(Ok::<(), Failure>(()))
}

async fn make_three(time: Duration) {
    let first = wait(time).instrument(lane("F1"));
    let second = wait(time).instrument(lane("F2"));
    let third = wait(time).instrument(lane("F3"));
    info!("I called an async fn three times, and nothing of it has run");
    first.await;
    info!("F1 is done; now I await F3");
    third.await;
    info!("F3 is done; now I drop F2");
    drop(second);
    harness::done();
}

async fn wait(time: Duration) {
    info!("I run");
    sleep(time).await;
    info!("I am done");
    harness::done();
}
