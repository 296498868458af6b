//! Tests that have a Redis of their own, to stop it and to kill it. They need the program
//! redis-server; scripts/test leaves them out by this name where it is not installed.

use futures::future::join_all;
use program_test::PATIENCE;
use tokio::time::timeout;
use wire_client::Error;
use wire_client::pipelined::{Client, Settings};
use wire_client::protocol::Value;

use crate::redis::{Redis, integer, say};

const CALLERS: usize = 100;

/// What as many callers get, while it stands still and is then killed.
async fn calls_while_it_is_killed(redis: &mut Redis, client: &Client) -> Vec<Error> {
    redis.signal("STOP");
    let increment = say("INCR key");
    let calls = join_all((0..CALLERS).map(|_| client.call(&increment)));
    let kill = async {
        until_all_have_their_turn().await;
        redis.kill();
    };
    let (outcomes, ()) =
        timeout(PATIENCE, async { tokio::join!(calls, kill) }).await.expect("somebody hangs");
    outcomes.into_iter().map(|it| it.expect_err("it is dead")).collect()
}

/// On one thread, this gives every task more turns than it needs.
async fn until_all_have_their_turn() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn everybody_is_told_when_it_is_killed_and_the_next_command_connects_again() {
    let mut redis = Redis::start();
    let client = redis.connect(Settings::default()).await;
    for error in calls_while_it_is_killed(&mut redis, &client).await {
        assert!(matches!(error, Error::Lost { may_have_run: true, .. }), "{error:?}");
    }
    for _ in 0..3 {
        let error = client.call(&say("PING")).await.expect_err("nobody is there");
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    }
    redis.start_again();
    assert_eq!(integer(&client, "INCR key").await, 1);
    assert_eq!(client.close().await, Ok(()));
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn everybody_is_told_when_it_is_killed_and_the_next_command_fails_at_once() {
    let mut redis = Redis::start();
    let client = redis.connect(Settings { reconnect: false, ..Settings::default() }).await;
    for error in calls_while_it_is_killed(&mut redis, &client).await {
        assert!(matches!(error, Error::Lost { may_have_run: true, .. }), "{error:?}");
    }
    redis.start_again();
    for _ in 0..3 {
        let error = client.call(&say("PING")).await.expect_err("it does not connect again");
        assert!(matches!(error, Error::Lost { may_have_run: false, .. }), "{error:?}");
    }
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn close_waits_for_what_was_accepted() {
    let redis = Redis::start();
    // Most of them stand in line.
    let settings = Settings { in_flight: 3.try_into().unwrap(), ..Settings::default() };
    let client = redis.connect(settings).await;
    redis.signal("STOP");
    let increment = say("INCR key");
    let calls = join_all((0..CALLERS).map(|_| client.call(&increment)));
    let close = async {
        let mut close = std::pin::pin!(client.close());
        for _ in 0..100 {
            tokio::select! {
                biased;
                closed = close.as_mut() => panic!("it did not wait: {closed:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(client.call(&increment).await, Err(Error::Closed));
        redis.signal("CONT");
        close.await
    };
    let (replies, closed) =
        timeout(PATIENCE, async { tokio::join!(calls, close) }).await.expect("somebody hangs");
    assert_eq!(closed, Ok(()));
    let wanted = (1..).take(CALLERS).map(|number| Ok(Value::Integer(number)));
    assert!(replies.into_iter().eq(wanted), "each has its own");
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn close_says_that_the_connection_was_lost_before() {
    let mut redis = Redis::start();
    let client = redis.connect(Settings::default()).await;
    redis.signal("STOP");
    let ping = say("PING");
    let call = client.call(&ping);
    let close = client.close();
    let kill = async {
        until_all_have_their_turn().await;
        redis.kill();
    };
    let (reply, closed, ()) =
        timeout(PATIENCE, async { tokio::join!(call, close, kill) }).await.expect("it hangs");
    assert!(matches!(reply, Err(Error::Lost { may_have_run: true, .. })), "{reply:?}");
    assert!(matches!(closed, Err(Error::Lost { .. })), "{closed:?}");
}
