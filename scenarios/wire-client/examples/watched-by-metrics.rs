//! A callback that blocks an event loop, found with `tokio-metrics`: it measures how long
//! each poll of an instrumented task takes, and how long a task waits from its wake to
//! its poll.
//!
//! `cargo run -p wire-client --features metrics --example watched-by-metrics`

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::time::Duration;

use futures::future::{join_all, join3};
use tokio::time::sleep;
use tokio_metrics::{TaskMetrics, TaskMonitor};
use wire_client::blocker::{ask_for, sort_for};
use wire_client::sqlite::{Settings, Sqlite};

/// A poll that takes longer is slow, and so is a wait for one.
const THRESHOLD: Duration = Duration::from_millis(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), wire_client::sqlite::Error> {
    let monitor = || {
        let mut builder = TaskMonitor::builder();
        builder.with_slow_poll_threshold(THRESHOLD).with_long_delay_threshold(THRESHOLD);
        builder.build()
    };
    let (of_callers, of_report, of_other) = (monitor(), monitor(), monitor());
    let database = Sqlite::open(":memory:", Settings::default()).await?;

    // A thread of its own answers them: it wakes them also while the loop is blocked.
    let callers = (0..3).map(|_| {
        let database = database.clone();
        let ask = async move { ask_for(&database, Duration::from_millis(500)).await };
        tokio::spawn(of_callers.instrument(ask))
    });
    let callers = join_all(callers);
    let report = async {
        sleep(Duration::from_millis(200)).await;
        sort_for(Duration::from_millis(100));
    };
    let report = tokio::spawn(of_report.instrument(report));
    // A timer fires when the loop turns again: to it, that is no wait after a wake.
    let other = tokio::spawn(of_other.instrument(sleep(Duration::from_millis(250))));
    let (callers, report, other) = join3(callers, report, other).await;
    for asked in callers {
        asked.expect("no caller panics")?;
    }
    report.expect("it does not panic");
    other.expect("it does not panic");

    println!("          polls  slow polls            long waits for a poll");
    tell("callers", &of_callers.cumulative());
    tell("report", &of_report.cumulative());
    tell("timer", &of_other.cumulative());
    Ok(())
}

fn tell(name: &str, metrics: &TaskMetrics) {
    let each = |count: u64, mean: Duration| match count {
        0 => "none".to_owned(),
        count => format!("{count}, of {} ms each", mean.as_millis()),
    };
    let slow = each(metrics.total_slow_poll_count, metrics.mean_slow_poll_duration());
    let late = each(metrics.total_long_delay_count, metrics.mean_long_delay_duration());
    println!("{name:<8} {:>6}  {slow:<20}  {late}", metrics.total_poll_count);
}
