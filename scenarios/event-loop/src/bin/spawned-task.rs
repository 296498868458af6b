//! Three tasks: one hands back its result, one goes on though its handle was
//! dropped, and one is aborted. None of them has to be awaited in order to run.
//!
//! `cargo run -p event-loop --bin spawned-task`

use std::process::ExitCode;
use std::time::Duration;

use event_loop::{Failure, Lesson, Nothing, lane};
use tokio::task::JoinError;
use tokio::time::sleep;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (lesson, Nothing {}) = Lesson::from_args(
        "spawned-task",
        "Three tasks: one is awaited, one let go of, and one aborted",
    );
    let run = lesson.start(4);
    let result = spawn_three(&lesson).instrument(lane("main")).await;
    run.finish(result.map_err(Failure::from))
}

async fn spawn_three(lesson: &Lesson) -> Result<(), JoinError> {
    let (second, less) = (lesson.seconds(1.0), lesson.seconds(0.8));
    let awaited = tokio::spawn(add_up(second).instrument(lane("T1")));
    let let_go = tokio::spawn(add_up(less).instrument(lane("T2")));
    let aborted = tokio::spawn(add_up(second).instrument(lane("T3")));
    info!("I spawned three tasks; they run as soon as I wait");
    drop(let_go);
    sleep(lesson.seconds(1.5)).await;
    aborted.abort();
    let cancelled = aborted.await.is_err_and(|error| error.is_cancelled());
    info!("I aborted T3, and is_cancelled() says {cancelled}");
    info!("T1 handed back {}", awaited.await?);
    harness::done();
    Ok(())
}

async fn add_up(time: Duration) -> u32 {
    let mut sum = 0;
    for number in 1..=3 {
        sleep(time).await;
        sum += number;
        info!("I added {number}: {sum}");
    }
    harness::done();
    sum
}
