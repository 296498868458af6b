//! A counter that several share on one thread, without a lock: exact where it is read
//! and written between two awaits, and wrong where an await lies between the two.
//!
//! `cargo run --bin customers-counter`

use std::cell::Cell;
use std::process::ExitCode;

use customer_api::{Asker, Counting};
use futures::future::try_join_all;
use harness::{Failure, Run};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let counting = Counting::from_args();
    let run = counting.start();
    let counted = count_both_ways(&counting, &run).await;
    run.finish(counted)
}

async fn count_both_ways(counting: &Counting, run: &Run) -> Result<(), Failure> {
    count(counting, 1, run, count_after_it).await?;
    count(counting, 5, run, count_around_it).await
}

async fn count(
    counting: &Counting,
    first_id: i64,
    run: &Run,
    count_one: impl AsyncFn(&Cell<u32>, Asker) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let counter = Cell::new(0);
    let askers = counting.askers(first_id).await?;
    let log = askers.log();
    let counting = askers.map(|asker| {
        let span = asker.span();
        count_one(&counter, asker).instrument(span)
    });
    try_join_all(counting).await?;
    log.told(counter.get()).iter().for_each(|sentence| run.say(sentence));
    Ok(())
}

async fn count_after_it(counter: &Cell<u32>, mut asker: Asker) -> Result<(), Failure> {
    asker.look_up().await?;
    let count = counter.get();
    asker.has_read(count);
    counter.set(count + 1);
    asker.has_written(count + 1);
    asker.leave().await
}

async fn count_around_it(counter: &Cell<u32>, mut asker: Asker) -> Result<(), Failure> {
    let count = counter.get();
    asker.has_read(count);
    asker.look_up().await?;
    counter.set(count + 1);
    asker.has_written(count + 1);
    asker.leave().await
}
