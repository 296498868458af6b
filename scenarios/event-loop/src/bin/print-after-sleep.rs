//! Three tasks that sleep for 2, 1 and 3 seconds and then print a line: in one
//! future, as a task each, or one after the other.
//!
//! `cargo run -p event-loop --bin print-after-sleep -- --how join`

use std::process::ExitCode;
use std::time::Duration;

use event_loop::{Choice, How, Lesson, lane};
use harness::Failure;
use tokio::join;
use tokio::time::sleep;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (lesson, Choice { how }) = Lesson::from_args(
        "print-after-sleep",
        "Three tasks that print a line after 2, 1 and 3 seconds",
    );
    let run = lesson.start(3);
    let task = |number, seconds| {
        run_after(number, lesson.seconds(seconds)).instrument(lane(&format!("T{number}")))
    };
    let (first, second, third) = (task(1, 2.0), task(2, 1.0), task(3, 3.0));
    match how {
        How::Join => {
            join!(first, second, third);
        }
        How::Spawn => {
            let tasks = [first, second, third].map(tokio::spawn);
            for task in tasks {
                task.await.expect("no task panics");
            }
        }
        How::Await => {
            first.await;
            second.await;
            third.await;
        }
    }
    run.finish(Ok::<(), Failure>(()))
}

async fn run_after(number: u32, time: Duration) {
    sleep(time).await;
    info!("Running Task {number}");
    harness::done();
}
