//! A Redis that is killed, and started again.

use program_test::until;

use crate::redis::Redis;
use crate::support::{Running, Watcher, position};

const GONE: &str = "Redis is gone; try again in a few seconds";

fn all(watchers: &mut [Watcher], does: impl FnMut(&mut Watcher)) {
    watchers.iter_mut().for_each(does);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_redis_that_is_killed_and_comes_back_closes_nobody_s_socket() {
    survives(|url| Running::at(url, &[]));
}

/// Two instances that are started so.
pub(crate) fn survives(start: impl Fn(&str) -> Running) {
    let redis = Redis::start_with_memory();
    let [one, other] = [start(&redis.url()), start(&redis.url())];
    let order = one.open();
    let mut watchers = [one.watch(&order), one.watch(&order), other.watch(&order)];
    one.take(&order, 1);
    all(&mut watchers, |watcher| watcher.sees(1));
    for round in 1..=2 {
        redis.kill();
        // Nobody has asked for anything meanwhile.
        all(&mut watchers, |watcher| watcher.is_told("interrupted"));
        for instance in [&one, &other] {
            let refused = instance.deliver(&order, &position(100));
            refused.assert_problem(503, "Service Unavailable", GONE);
            assert_eq!(instance.request("POST", "/orders", "", "").status, 503);
            assert_eq!(instance.no_watcher(&order, "").status, 503);
        }
        redis.start_again();
        all(&mut watchers, |watcher| watcher.is_told("resumed"));
        other.take(&order, round * 10);
        all(&mut watchers, |watcher| watcher.sees(round * 10));
    }
    one.watch(&order).sees(20);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_redis_that_has_forgotten_its_orders_closes_their_watchers() {
    let redis = Redis::start(&[]);
    let [one, other] = [Running::at(&redis.url(), &[]), Running::at(&redis.url(), &[])];
    let order = one.open();
    let mut watchers = [one.watch(&order), other.watch(&order)];
    redis.kill();
    all(&mut watchers, |watcher| watcher.is_told("interrupted"));
    redis.start_again();
    all(&mut watchers, |watcher| {
        let (last, frame) = watcher.read_to_end();
        assert_eq!(frame.map(|it| u16::from(it.code)), Some(4404));
        assert_eq!(last, None, "no positions come again");
    });
    until("they have gone there, too", || one.deliver(&order, &position(1)).status == 404);
    // What is opened now is like any other.
    let order = other.open();
    one.take(&order, 1);
    other.watch(&order).sees(1);
}

/// While Redis reads its files, one can subscribe, and is told of no order.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_redis_that_is_still_reading_its_files_has_not_forgotten_its_orders() {
    let redis = Redis::start(&[]);
    let running = Running::at(&redis.url(), &[]);
    let order = running.open();
    running.take(&order, 1);
    let mut watcher = running.watch(&order);
    watcher.sees(1);
    let long = "x".repeat(2_000);
    (0..60).for_each(|number| redis.say(&["SET", &format!("other {number}"), &long]));
    let _: String = redis.say(&["SAVE"]);
    redis.kill();
    watcher.is_told("interrupted");
    // It takes so many microseconds for each of them, and answers in between.
    let slowly = ["--key-load-delay", "50000", "--loading-process-events-interval-bytes", "1024"];
    redis.start_again_with(&slowly);
    watcher.is_told("resumed");
    running.take(&order, 2);
    watcher.sees(2);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn instances_have_so_many_orders_between_them_and_no_more() {
    let redis = Redis::start(&[]);
    let limits = ["--orders", "2", "--lifetime", "4"];
    let [one, other] = [Running::at(&redis.url(), &limits), Running::at(&redis.url(), &limits)];
    let orders = [one.open(), other.open()];
    let sentence = "there are as many orders as there may be, 2; try again later";
    for instance in [&one, &other] {
        let refused = instance.request("POST", "/orders", "", "");
        refused.assert_problem(503, "Service Unavailable", sentence);
    }
    assert!(orders.iter().all(|order| redis.has(&format!("order-tracker:{order}"))));
    // One whose time is over makes room.
    until("there is room again", || one.request("POST", "/orders", "", "").status == 201);
}

/// The index would be gone with the short order, and the long one would be counted no more.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn an_instance_whose_orders_are_shorter_has_nobody_s_order_forgotten() {
    let redis = Redis::start(&[]);
    let [long, short] = ["100", "1"]
        .map(|seconds| Running::at(&redis.url(), &["--orders", "2", "--lifetime", seconds]));
    long.open();
    let order = short.open();
    until("its time is over", || !redis.has(&format!("order-tracker:{order}")));
    long.open();
    assert_eq!(long.request("POST", "/orders", "", "").status, 503);
}
