//! A million commands by a thousand tasks over one connection: every number from one to a
//! million is given once, and every task's own numbers grow.
//!
//! `cargo run --release -p wire-client --example million`, with a Redis at `localhost:6379`
//! or where `REDIS_URL` says.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;
use wire_client::pipelined::Client;
use wire_client::protocol::Command;

const TASKS: i64 = 1_000;
const EACH: i64 = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("REDIS_URL").unwrap_or_else(|_| "redis://localhost:6379".to_owned());
    let client = Client::connect(&url.parse()?).await?;
    let key = format!("wire-million-{}", std::process::id());
    let increment = Arc::new(Command::new("INCR").arg(&key));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (client, increment) = (client.clone(), Arc::clone(&increment));
        tasks.spawn(async move {
            let mut last = 0;
            for _ in 0..EACH {
                let number = client.call(&increment).await?.as_integer().unwrap_or(0);
                assert!(number > last, "{number} came after {last}");
                last = number;
            }
            Ok::<_, wire_client::Error>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    let took = start.elapsed();
    let end = client.call(&Command::new("GETDEL").arg(&key)).await?;
    let end = end.as_text().map(|text| String::from_utf8_lossy(text).into_owned());
    assert_eq!(end, Some((TASKS * EACH).to_string()));
    client.close().await?;
    println!("{} commands in {:.2} s", TASKS * EACH, took.as_secs_f64());
    Ok(())
}
