//! Many callers at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use wire_client::protocol::Command;

use crate::redis::{client, own_key, text};

const TASKS: usize = 1_000;

/// The example `million` has ten times as many.
const EACH: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Redis: scripts/test"]
async fn every_increment_is_done_once_and_everybodys_numbers_grow() {
    let client = client().await;
    let key = own_key();
    let increment = Arc::new(Command::new("INCR").arg(&key));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (client, increment) = (client.clone(), Arc::clone(&increment));
        tasks.spawn(async move {
            let mut numbers = vec![0];
            for _ in 0..EACH {
                let number = client.call(&increment).await.unwrap().as_integer().unwrap();
                assert!(Some(&number) > numbers.last(), "{number} came after {numbers:?}");
                numbers.push(number);
            }
            numbers.split_off(1)
        });
    }
    let mut numbers = tasks.join_all().await.concat();
    numbers.sort_unstable();
    let end = i64::try_from(TASKS * EACH).unwrap();
    assert!(numbers.into_iter().eq(1..=end), "a number is missing or was given twice");
    assert_eq!(text(&client, &format!("GETDEL {key}")).await, end.to_string());
    assert_eq!(client.close().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Redis: scripts/test"]
async fn no_reply_reaches_a_wrong_caller_when_a_tenth_is_cancelled() {
    let client = client().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let client = client.clone();
        tasks.spawn(async move {
            let mut cancelled = 0;
            for number in 0..EACH {
                let word = format!("{task}.{number}");
                let command = Command::new("ECHO").arg(&word);
                let call = client.call(&command);
                let reply = if fastrand::u8(..10) == 0 {
                    // At some moment between before it is sent and after its reply came.
                    tokio::select! {
                        biased;
                        reply = call => reply,
                        () = leave(fastrand::u8(..20)) => {
                            cancelled += 1;
                            continue;
                        }
                    }
                } else {
                    call.await
                };
                let reply = reply.unwrap();
                assert_eq!(reply.as_text().unwrap(), word.as_bytes());
            }
            cancelled
        });
    }
    let cancelled: usize = tasks.join_all().await.into_iter().sum();
    assert!(cancelled > TASKS * EACH / 100, "only {cancelled} were cancelled");
    // The places of the last ones are still there, and are waited for.
    assert_eq!(client.close().await, Ok(()));
}

/// After so many turns of the others, or a moment.
async fn leave(turns: u8) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    if turns > 10 {
        tokio::time::sleep(Duration::from_micros(u64::from(turns) * 10)).await;
    }
}
