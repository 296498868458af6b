//! Several instances that share a Redis.

use std::io::{Read, Write};
use std::net::TcpStream;

use program_test::{PATIENCE, Proxy, until};

use crate::redis::{place, redis_url};
use crate::support::{Running, position};

fn instance(url: &str) -> Running {
    Running::start_with(&[], &[("REDIS_URL", url)])
}

/// Says something to Redis, and gives the first line of its answer.
fn say(words: &[&str]) -> String {
    say_bytes(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
}

/// The same of what need not be text.
fn say_bytes(words: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(place()).expect("a Redis");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut all = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        all.extend(format!("${}\r\n", word.len()).bytes().chain(word.iter().copied()));
        all.extend(b"\r\n");
    }
    stream.write_all(&all).expect("a Redis that reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        answer.extend(byte);
    }
    String::from_utf8_lossy(&answer).trim_end().to_owned()
}

fn channel(order: &str) -> String {
    format!("order-tracker:{order}")
}

/// How many instances follow an order.
fn followers(order: &str) -> String {
    // Published to nobody's harm: it is no position.
    say(&["PUBLISH", &channel(order), "nothing"])
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_one_instance_takes_watchers_of_the_other_see() {
    let [one, other] = [instance(&redis_url()), instance(&redis_url())];
    let order = one.open();
    let mut watchers = [one.watch(&order), other.watch(&order), other.watch(&order)];
    for (sequence, by) in [(1, &one), (2, &other), (3, &one)] {
        by.take(&order, sequence);
        watchers.iter_mut().for_each(|watcher| watcher.sees(sequence));
    }
    assert_eq!(other.deliver(&order, &position(3)).json()["taken"], false);
    assert_eq!(one.deliver(&order, &position(2)).json()["taken"], false);
    other.watch(&order).sees(3);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn an_instance_that_is_killed_takes_no_order_with_it() {
    let [one, other] = [instance(&redis_url()), instance(&redis_url())];
    let order = one.open();
    let mut watcher = other.watch(&order);
    one.take(&order, 1);
    watcher.sees(1);
    one.program.kill();
    other.take(&order, 2);
    watcher.sees(2);
    instance(&redis_url()).watch(&order).sees(2);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn watchers_of_an_order_share_a_subscription_that_ends_with_the_last_of_them() {
    let [one, other] = [instance(&redis_url()), instance(&redis_url())];
    let order = one.open();
    assert_eq!(followers(&order), ":0");
    let watchers = [one.watch(&order), one.watch(&order), one.watch(&order)];
    assert_eq!(followers(&order), ":1");
    let another = other.watch(&order);
    assert_eq!(followers(&order), ":2");
    drop(watchers);
    until("the first has unsubscribed", || followers(&order) == ":1");
    let mut again = one.watch(&order);
    assert_eq!(followers(&order), ":2");
    one.take(&order, 1);
    again.sees(1);
    drop((again, another));
    until("nobody follows it any more", || followers(&order) == ":0");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn orders_and_positions_have_a_lifetime_in_redis() {
    let lifetime = ["--lifetime", "4"];
    let running = Running::start_with(&lifetime, &[("REDIS_URL", &redis_url())]);
    let order = running.open();
    running.take(&order, 1);
    let mut watcher = running.watch(&order);
    watcher.sees(1);
    let left: i64 = say(&["PTTL", &channel(&order)])[1..].parse().unwrap();
    assert!((1..=4_000).contains(&left), "{left}");
    watcher.is_closed_with(1000);
    until("it is over", || running.no_watcher(&order, "").status == 404);
    assert_eq!(running.deliver(&order, &position(2)).status, 404);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn watchers_stay_when_redis_goes_and_see_what_they_have_missed() {
    let proxy = Proxy::start(&place());
    let cut_off = instance(&proxy.url(&redis_url()));
    let other = instance(&redis_url());
    let order = other.open();
    let mut watchers = [cut_off.watch(&order), cut_off.watch(&order)];
    other.take(&order, 1);
    watchers.iter_mut().for_each(|watcher| watcher.sees(1));
    for round in 1..=3 {
        proxy.down();
        watchers.iter_mut().for_each(|watcher| watcher.is_told("interrupted"));
        let refused = cut_off.deliver(&order, &position(100));
        let sentence = "Redis is gone; try again in a few seconds";
        refused.assert_problem(503, "Service Unavailable", sentence);
        assert_eq!(cut_off.no_watcher(&order, "").status, 503);
        assert_eq!(cut_off.request("POST", "/orders", "", "").status, 503);
        other.take(&order, round * 10);
        proxy.up();
        for watcher in &mut watchers {
            watcher.is_told("resumed");
            watcher.sees(round * 10);
        }
        other.take(&order, round * 10 + 1);
        watchers.iter_mut().for_each(|watcher| watcher.sees(round * 10 + 1));
    }
    cut_off.program.until_it_notes("note: Redis is gone, trying again");
    cut_off.program.until_it_notes("note: Redis is back\n");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn watchers_of_an_order_that_is_gone_when_redis_is_back_are_told() {
    let proxy = Proxy::start(&place());
    let running = instance(&proxy.url(&redis_url()));
    let order = running.open();
    let mut watcher = running.watch(&order);
    proxy.down();
    watcher.is_told("interrupted");
    say(&["DEL", &channel(&order)]);
    proxy.up();
    watcher.is_closed_with(4404);
}

/// Redis tells nobody that a key has gone: somebody has removed it, or there was no room.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn watchers_of_an_order_that_is_taken_away_are_told_though_redis_stays() {
    for running in [instance(&redis_url()), Running::per_watcher_at(&redis_url(), &[])] {
        let [order, other] = [running.open(), running.open()];
        let [mut watcher, mut neighbour] = [&order, &other].map(|it| running.watch(it));
        say(&["DEL", &channel(&order)]);
        watcher.is_closed_with(4404);
        running.take(&other, 1);
        neighbour.sees(1);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn rubbish_on_the_channel_of_an_order_is_nobody_s_position() {
    let running = instance(&redis_url());
    let order = running.open();
    let mut watcher = running.watch(&order);
    running.take(&order, 1);
    watcher.sees(1);
    let mut impossible = position(5);
    impossible["lat"] = 91.into();
    let huge = format!("{}{}", position(6), " ".repeat(100_000));
    let mut future = position(8);
    future["at"] = "9999-01-01T00:00:00Z".into();
    let uncountable = position(1 << 53);
    let wrong = [&impossible, &future, &uncountable].map(ToString::to_string);
    let rubbish = ["", "{", "null", "\u{0}\u{1b}[2J", &huge];
    for rubbish in rubbish.into_iter().chain(wrong.iter().map(String::as_str)) {
        assert_eq!(say(&["PUBLISH", &channel(&order), rubbish]), ":1");
    }
    // Whoever has a place in Redis can publish for orders that are none, and not be heard.
    for none in ["none", "", &"0".repeat(32), &order.to_uppercase()] {
        say(&["PUBLISH", &channel(none), &position(7).to_string()]);
    }
    running.take(&order, 2);
    watcher.sees(2);
    // An older one that is published late is seen by nobody.
    say(&["PUBLISH", &channel(&order), &position(1).to_string()]);
    running.take(&order, 3);
    watcher.sees(3);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn rubbish_in_the_key_of_an_order_is_no_position_either() {
    let running = instance(&redis_url());
    let order = running.open();
    say(&["HSET", &channel(&order), "position", "rubbish"]);
    let mut watcher = running.watch(&order);
    running.take(&order, 1);
    watcher.sees(1);
    say(&["DEL", &channel(&order)]);
    say(&["SET", &channel(&order), "no hash"]);
    let sentence = "Redis cannot do this now; try again later";
    let refused = running.deliver(&order, &position(2));
    refused.assert_problem(503, "Service Unavailable", sentence);
    // Whoever follows it now finds no order, and everybody else's is none the worse.
    say(&["PEXPIRE", &channel(&order), "100000"]);
    let other = running.open();
    let mut neighbour = running.watch(&other);
    let elsewhere = instance(&redis_url());
    assert_eq!(elsewhere.no_watcher(&order, "").status, 404);
    drop(watcher);
    until("nobody follows it", || followers(&order) == ":0");
    assert_eq!(running.no_watcher(&order, "").status, 404);
    running.take(&other, 1);
    neighbour.sees(1);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn bytes_that_are_no_text_in_the_key_of_an_order_interrupt_no_other() {
    let running = instance(&redis_url());
    let [order, other] = [running.open(), running.open()];
    let mut watcher = running.watch(&order);
    running.take(&order, 1);
    watcher.sees(1);
    say_bytes(&[b"HSET", channel(&other).as_bytes(), b"sequence", b"\xff\xfe"]);
    let _other = running.watch(&other);
    running.take(&order, 2);
    watcher.sees(2);
}
