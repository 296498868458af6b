//! The tracker where each watcher has a connection to Redis: what is the same when Redis
//! is killed, and how many connections there are. What holds of any watchers is with those.

use program_test::until;

use crate::own_redis::killed::survives;
use crate::redis::Redis;
use crate::support::{Running, Watcher};

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_holds_of_a_redis_that_is_killed_holds_here_too() {
    survives(|url| Running::per_watcher_at(url, &[]));
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn each_watcher_is_a_connection_of_redis_and_takes_it_along() {
    let redis = Redis::start(&[]);
    type Start = fn(&str, &[&str]) -> Running;
    let ways: [(Start, _, _); 2] = [(Running::at, 1, 1), (Running::per_watcher_at, 5, 6)];
    for (start, of_five, of_all) in ways {
        let running = start(&redis.url(), &[]);
        let order = running.open();
        let mut watchers: Vec<Watcher> = (0..5).map(|_| running.watch(&order)).collect();
        assert_eq!(redis.subscribers(), of_five);
        // What commands go by is the one for all, or one more.
        until("there are no others", || redis.clients() == of_all);
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
        running.stop().well();
    }
}
