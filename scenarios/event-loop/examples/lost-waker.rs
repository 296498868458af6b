//! What would happen if a future did not keep its waker? T1 says that it has to
//! wait, and tells nobody whom to wake.
//!
//! `cargo run -p event-loop --example lost-waker`

use std::future::poll_fn;
use std::process::ExitCode;
use std::task::Poll;

use event_loop::{Executor, Failure, Lesson, Nothing, Reactor, Stopped, Timers, lane};
use tracing::{Instrument, info};

fn main() -> ExitCode {
    let (lesson, Nothing {}) =
        Lesson::from_args("lost-waker", "A task that waits and does not keep its waker");
    let run = lesson.start(2).on_event_loop();
    run.finish(run_both(&lesson))
}

fn run_both(lesson: &Lesson) -> Result<(), Failure> {
    let timers = Timers::new();
    let reactor = Reactor::new().map_err(Stopped::from)?;
    let mut executor = Executor::new(&timers, &reactor);
    executor.spawn("T1", forget_the_waker().instrument(lane("T1")));
    executor.spawn("T2", sleep(&timers, lesson).instrument(lane("T2")));
    executor.run()?;
    Ok(())
}

async fn forget_the_waker() {
    let mut polled = false;
    poll_fn(|_context| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        info!("I am not ready, and I do not keep the waker");
        Poll::Pending
    })
    .await;
    harness::done();
}

async fn sleep(timers: &Timers, lesson: &Lesson) {
    timers.sleep(lesson.seconds(1.0)).await;
    info!("I have slept");
    harness::done();
}
