//! Connecting and leaving again and again leaves nothing behind. A process of its own,
//! since what is counted belongs to the process.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::net::ToSocketAddrs;
use std::time::Instant;

use program_test::PATIENCE;
use tokio::runtime::{Builder, Handle};
use wire_client::Address;
use wire_client::pipelined::Client;
use wire_client::protocol::Command;

const ROUNDS: usize = 1_000;

#[test]
#[ignore = "needs Redis: scripts/test"]
fn nothing_is_left_of_clients_that_are_gone() {
    let url = env::var("REDIS_URL").expect("REDIS_URL: scripts/test sets it");
    let address: Address = url.parse().expect("it is an address");
    // Looking up a name is done by a thread, whose memory would be counted too.
    let mut found = address.host_and_port().to_socket_addrs().expect("its host is known");
    let found = found.next().expect("it has an address");
    let address = address.moved_to(&found.ip().to_string(), found.port());
    // One thread, whose memory can be counted.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rounds = |count| {
        runtime.block_on(async {
            for round in 0..count {
                connect_and_leave(&address, round % 2 == 0).await;
            }
            until_no_task_is_left().await;
            open_files()
        })
    };
    // What is taken once and kept.
    let before = rounds(10);
    let mut after = 0;
    let taken = allocation_counter::measure(|| after = rounds(ROUNDS));
    assert_eq!(before, after, "open files");
    assert!(taken.bytes_current.abs() < 10_000, "{taken:?}");
}

/// With everything that a client can have: a call that is answered, one that is cancelled,
/// a subscription.
async fn connect_and_leave(address: &Address, closes: bool) {
    let client = Client::connect(address).await.expect("Redis is there");
    let ping = Command::new("PING");
    tokio::select! {
        biased;
        reply = client.call(&ping) => panic!("it is polled once: {reply:?}"),
        () = std::future::ready(()) => {}
    }
    let news = client.subscribe("wire-leaks").await.expect("it is confirmed");
    client.call(&ping).await.expect("a reply");
    if closes {
        client.close().await.expect("all is answered");
    }
    drop(client);
    drop(news);
}

async fn until_no_task_is_left() {
    let start = Instant::now();
    while Handle::current().metrics().num_alive_tasks() > 0 {
        assert!(start.elapsed() < PATIENCE, "a task is left");
        tokio::task::yield_now().await;
    }
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux has it").count()
}
