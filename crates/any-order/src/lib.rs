//! Runs a program of a few tasks whose result is to be the same in whatever order they
//! run, with a thread for each of them.
//!
//! Which order they run in is up to the system here. The workshop has a second library
//! of this name, in `crates/workshop/scheduled`, that offers the same and chooses the
//! order itself: a program is built with either, as it is.

use std::fmt::Display;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use harness::{Failure, args};
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

/// Runs its tasks on a thread each, and says what came out
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    shared: harness::Options,
}

/// Something to be spawned, as a requester of its own: `T1`, `T2` …
pub struct Task {
    number: usize,
}

impl Task {
    /// Its name, such as `T1`.
    pub fn name(&self) -> String {
        format!("T{}", self.number)
    }

    /// Spawns this future as the task.
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let span = info_span!("requester", name = self.name());
        let whole = async {
            let output = future.await;
            harness::done();
            output
        };
        tokio::spawn(whole.instrument(span))
    }
}

/// Runs the program with so many tasks to spawn, and says what it results in.
pub fn run<Program, Run>(tasks: usize, program: Program) -> ExitCode
where
    Program: Fn(Vec<Task>) -> Run + Send + Sync + 'static,
    Run: Future<Output: Display>,
{
    let Options { shared } = args::read(&mut args::without_speed(Options::command()));
    let runtime = Builder::new_multi_thread().worker_threads(tasks).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| {
        let hint = "end other programs, or raise the limit on processes";
        harness::exit(&Failure::no_more_threads(&error, hint))
    });
    runtime.block_on(async {
        let run = harness::start("tasks", tasks, &shared);
        let result = program((1..=tasks).map(|number| Task { number }).collect()).await;
        run.say(&format!("Result: {result}"));
        run.finish(Ok::<(), Failure>(()))
    })
}
