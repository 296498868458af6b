//! The library of this name in `crates/any-order`, for a program whose tasks run in an
//! order that is chosen: one order after another, or one that was written down.
//!
//! [`shuttle`] runs one task at a time, and asks which one goes on wherever another one
//! could come between: at a lock, a channel, an atomic, an await.

use std::fmt::Display;
use std::fs;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};

use shuttle::future::block_on;
use shuttle_tokio::task::JoinHandle;

use crate::explore::{Program, explore, follow};
use crate::log::Events;
use crate::report::Order;

mod explore;
mod log;
mod order;
pub mod report;

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
        log::made(self.name());
        shuttle_tokio::spawn(Named { name: self.name(), future: Box::pin(future), is_over: false })
    }
}

/// A future whose polls, end and drop are noted.
struct Named<F> {
    name: String,
    future: Pin<Box<F>>,
    is_over: bool,
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        log::polled(&self.name);
        let poll = self.future.as_mut().poll(context);
        if poll.is_ready() {
            self.is_over = true;
            log::ended(&self.name);
        }
        poll
    }
}

impl<F> Drop for Named<F> {
    fn drop(&mut self) {
        if !self.is_over {
            log::dropped(&self.name);
        }
    }
}

/// Runs the program with so many tasks to spawn, and writes down what came of it.
///
/// `--report FILE` is where; with `--follow FILE` it runs in the order that is in
/// there alone, else in many.
pub fn run<P, Run>(tasks: usize, program: P) -> ExitCode
where
    P: Fn(Vec<Task>) -> Run + Send + Sync + 'static,
    Run: Future<Output: Display>,
{
    let program: Program = Arc::new(move || {
        let tasks = (1..=tasks).map(|number| Task { number }).collect();
        block_on(program(tasks)).to_string()
    });
    tracing::subscriber::set_global_default(Events).expect("nobody else has set one");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)
    };
    let report = match value("--follow") {
        None => explore(&program),
        Some(file) => {
            let text = fs::read_to_string(file).expect("the order can be read");
            let order: Order = serde_json::from_str(&text).expect("it is an order");
            follow(&program, order)
        }
    };
    let text = serde_json::to_string(&report).expect("a report has nothing but text and numbers");
    match value("--report") {
        Some(file) => fs::write(file, text).expect("the report can be written"),
        None => print_it(&text),
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn print_it(text: &str) {
    println!("{text}");
}
