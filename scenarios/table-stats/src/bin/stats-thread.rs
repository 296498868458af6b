//! Averages and sums of big tables, the averages together and then the sums:
//! each on a thread of its own, which its driver blocks.
//!
//! `cargo run --bin stats-thread`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, Builder};

use table_stats::{Database, Failure, Plan, Request, Strategy};
use tracing::info;

fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Thread);
    let run = plan.start();
    run.finish(pull_all(&plan))
}

fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let database = plan.database();
    for phase in plan.phases() {
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for request in phase {
                let span = request.span();
                let thread = Builder::new().name(format!("thread of {}", request.name));
                let pull = move || span.in_scope(|| pull_from_database(database, request));
                threads.push(thread.spawn_scoped(scope, pull)?);
            }
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })?;
    }
    Ok(())
}

fn pull_from_database(database: &Database, request: Request) -> Result<(), Failure> {
    let mut connection = database.connect()?;
    let value = request.accept(connection.text(request.sql)?)?;
    info!("{request}: {value}");
    Ok(())
}
