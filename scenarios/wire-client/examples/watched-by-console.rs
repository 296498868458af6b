//! A callback that blocks an event loop again and again, for tokio-console to be looked
//! at: its task has the longest polls, `Busy` for a tenth of a second in each of its few
//! `Polls`. Enter shows them one by one, and the line that spawned it.
//!
//! `cargo run -p wire-client --features console --example watched-by-console --target-dir target/console`
//!
//! tokio tells it what happens only where it is built so: set
//! `RUSTFLAGS="--cfg tokio_unstable"` before, which builds all crates anew.
//!
//! Then, in another terminal, `cargo install --locked tokio-console` and `tokio-console`.

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::time::Duration;

use tokio::time::{Instant, sleep};
use wire_client::blocker::{ask_for, sort_for};
use wire_client::sqlite::{Settings, Sqlite};

/// Long enough to look at it.
const TIME: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), wire_client::sqlite::Error> {
    console_subscriber::init();
    println!("For a minute, tokio-console finds this at http://127.0.0.1:6669");
    let database = Sqlite::open(":memory:", Settings::default()).await?;
    let caller = tokio::spawn(async move { ask_for(&database, TIME).await });
    let report = tokio::spawn(async {
        let begun = Instant::now();
        while begun.elapsed() < TIME {
            sleep(Duration::from_millis(900)).await;
            sort_for(Duration::from_millis(100));
        }
    });
    let (asked, report) = tokio::join!(caller, report);
    report.expect("it does not panic");
    let asked = asked.expect("it does not panic")?;
    println!("The database was asked {asked} times");
    Ok(())
}
