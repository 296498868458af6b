//! The tracker where each watcher has a connection to Redis: what is the same, and what
//! is not.

use std::sync::OnceLock;

use program_test::{run, until};

use crate::killed::survives;
use crate::redis_server::Redis;
use crate::support::{Running, Watcher, per_watcher};
use crate::watchers::ALL;

/// One Redis for all that is asked of watchers.
fn start(args: &[&str]) -> Running {
    static REDIS: OnceLock<String> = OnceLock::new();
    let url = REDIS.get_or_init(|| std::env::var("REDIS_URL").expect("scripts/test sets it"));
    Running::per_watcher_at(url, args)
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_holds_of_watchers_holds_here_too() {
    ALL.iter().for_each(|holds| holds(start));
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_holds_of_a_redis_that_is_killed_holds_here_too() {
    survives(|url| Running::per_watcher_at(url, &[]));
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn each_watcher_is_a_connection_of_redis_and_takes_it_along() {
    let redis = Redis::start(&[]);
    for (running, of_five) in
        [(Running::at(&redis.url(), &[]), 1), (Running::per_watcher_at(&redis.url(), &[]), 5)]
    {
        let order = running.open();
        let mut watchers: Vec<Watcher> = (0..5).map(|_| running.watch(&order)).collect();
        assert_eq!(redis.subscribers(), of_five);
        running.take(&order, 1);
        watchers.iter_mut().for_each(|watcher| watcher.sees(1));
        // One that goes takes its own along, and leaves the others theirs.
        watchers.pop();
        let left = of_five.min(4);
        until("it is gone", || redis.subscribers() == left);
        running.take(&order, 2);
        watchers.iter_mut().for_each(|watcher| watcher.sees(2));
        drop(watchers);
        until("all are gone", || redis.subscribers() == 0);
        // The program goes on all the while.
        running.take(&order, 3);
        running.watch(&order).sees(3);
        until("so is the last one", || redis.subscribers() == 0);
    }
}

#[test]
fn without_a_redis_it_says_what_it_needs() {
    let ran = run(&mut per_watcher(&[]));
    ran.assert_fails("REDIS_URL is not set", "set it to an address such as redis://localhost:6379");
    let several = "redis://localhost:7001,redis://localhost:7002";
    let ran = run(per_watcher(&[]).env("REDIS_URL", several));
    ran.assert_fails("REDIS_URL names several nodes", "run order-tracker");
}
