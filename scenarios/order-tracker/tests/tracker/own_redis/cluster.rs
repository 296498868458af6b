//! Instances that share a Redis Cluster, whose nodes are killed one by one.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use program_test::{command, run, until};

use crate::redis::{Cluster, Redis, free_ports};
use crate::support::{Running, Watcher, position, tracker};

const GONE: &str = "Redis is gone; try again in a few seconds";
const INDEX: &str = "order-tracker-index";

fn channel(order: &str) -> String {
    format!("order-tracker:{order}")
}

/// How many connections of a node follow this order.
fn followers(node: &Redis, order: &str) -> usize {
    let (_, count): (String, usize) = node.say(&["PUBSUB", "SHARDNUMSUB", &channel(order)]);
    count
}

/// An order of each node, by the node's number.
fn one_of_each(cluster: &Cluster, running: &Running) -> [String; 3] {
    let mut orders: [Option<String>; 3] = Default::default();
    until("each node has one", || {
        let order = running.open();
        let node = cluster.node_of(&channel(&order));
        orders[node] = Some(order);
        orders.iter().all(Option::is_some)
    });
    orders.map(|order| order.expect("each has one"))
}

/// So many orders of a node.
fn some_of(cluster: &Cluster, node: usize, running: &Running, count: usize) -> Vec<String> {
    let mut orders = Vec::new();
    until("the node has some", || {
        let order = running.open();
        if cluster.node_of(&channel(&order)) == node {
            orders.push(order);
        }
        orders.len() == count
    });
    orders
}

fn watch_all(instances: &[Running; 2], order: &str) -> Vec<Watcher> {
    instances.iter().map(|instance| instance.watch(order)).collect()
}

fn see(watchers: &mut [Watcher], sequence: u64) {
    watchers.iter_mut().for_each(|watcher| watcher.sees(sequence));
}

fn are_told(watchers: &mut [Watcher], notice: &str) {
    watchers.iter_mut().for_each(|watcher| watcher.is_told(notice));
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn an_order_is_on_one_node_and_watchers_of_every_instance_see_it() {
    let cluster = Cluster::start();
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    instances[0].program.until_it_says("orders are in a Redis Cluster, each on one of its nodes");
    for (number, order) in one_of_each(&cluster, &instances[0]).iter().enumerate() {
        let mut watchers = watch_all(&instances, order);
        for (other, node) in cluster.0.iter().enumerate() {
            assert_eq!(followers(node, order), if other == number { 2 } else { 0 });
        }
        for (sequence, by) in [(1, 0), (2, 1), (3, 0)] {
            instances[by].take(order, sequence);
            see(&mut watchers, sequence);
        }
        assert_eq!(instances[1].deliver(order, &position(2)).json()["taken"], false);
        instances[1].watch(order).sees(3);
        drop(watchers);
        until("nobody follows it", || followers(&cluster.0[number], order) == 0);
    }
}

/// What is read now and then would reach them as well, and late.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn positions_are_published_on_the_order_s_node_and_heard_there() {
    let cluster = Cluster::start();
    let running = Running::at(&cluster.url(), &[]);
    for (node, order) in cluster.0.iter().zip(one_of_each(&cluster, &running)) {
        let mut follower = node.follow(&channel(&order));
        let mut watcher = running.watch(&order);
        running.take(&order, 1);
        watcher.sees(1);
        until("the follower hears of it", || follower.hears().contains(r#""sequence":1}"#));
        // This one is nowhere to be read.
        let two = position(2).to_string();
        assert_eq!(node.say::<usize>(&["SPUBLISH", &channel(&order), &two]), 2);
        watcher.sees(2);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_node_that_is_killed_interrupts_its_own_orders_and_no_others() {
    let cluster = Cluster::start();
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    let orders = one_of_each(&cluster, &instances[0]);
    let mut watchers: Vec<Vec<Watcher>> =
        orders.iter().map(|order| watch_all(&instances, order)).collect();
    let index = cluster.node_of(INDEX);
    for (killed, node) in cluster.0.iter().enumerate() {
        let sequence = 10 * (killed as u64 + 1);
        node.kill();
        // Nobody has asked for anything meanwhile.
        are_told(&mut watchers[killed], "interrupted");
        for instance in &instances {
            let refused = instance.deliver(&orders[killed], &position(sequence));
            refused.assert_problem(503, "Service Unavailable", GONE);
            assert_eq!(instance.no_watcher(&orders[killed], "").status, 503);
            if killed == index {
                assert_eq!(instance.request("POST", "/orders", "", "").status, 503);
            }
        }
        for other in (0..3).filter(|it| *it != killed) {
            instances[0].take(&orders[other], sequence);
            see(&mut watchers[other], sequence);
            instances[1].watch(&orders[other]).sees(sequence);
        }
        node.start_again();
        are_told(&mut watchers[killed], "resumed");
        until("it can be written to again", || {
            instances[1].deliver(&orders[killed], &position(sequence)).status == 202
        });
        see(&mut watchers[killed], sequence);
    }
    instances[0].program.until_it_notes("note: an order's node is gone, trying again");
    instances[0].program.until_it_notes("note: every order's node is there again\n");
    // All along, nobody was told anything else.
    for (order, watchers) in orders.iter().zip(&mut watchers) {
        instances[0].take(order, 100);
        see(watchers, 100);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_node_that_hangs_interrupts_its_orders_though_its_connections_stay() {
    let cluster = Cluster::start();
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    let orders = one_of_each(&cluster, &instances[0]);
    let mut watchers: Vec<Vec<Watcher>> =
        orders.iter().map(|order| watch_all(&instances, order)).collect();
    cluster.0[1].signal("STOP");
    are_told(&mut watchers[1], "interrupted");
    for other in [0, 2] {
        instances[0].take(&orders[other], 1);
        see(&mut watchers[other], 1);
    }
    cluster.0[1].signal("CONT");
    are_told(&mut watchers[1], "resumed");
    instances[1].take(&orders[1], 2);
    see(&mut watchers[1], 2);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_connection_that_is_cut_is_followed_anew_with_all_of_its_orders() {
    let cluster = Cluster::start();
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    // Of the same node, in different slots: those the driver cannot follow anew.
    let orders = some_of(&cluster, 0, &instances[0], 5);
    let mut watchers: Vec<Vec<Watcher>> =
        orders.iter().map(|order| watch_all(&instances, order)).collect();
    let cut: usize = cluster.0[0].say(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    assert_eq!(cut, 2);
    for (order, watchers) in orders.iter().zip(&mut watchers) {
        until("it is followed again", || followers(&cluster.0[0], order) == 2);
        instances[0].deliver(order, &position(1));
        // Who was looked after in the gap has been told so.
        for watcher in watchers {
            let mut seen = watcher.next();
            while seen.get("notice").is_some() {
                seen = watcher.next();
            }
            assert_eq!(seen, position(1));
        }
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_replica_that_takes_the_place_of_a_killed_node_resumes_its_orders() {
    let soon = ["--cluster-node-timeout", "1500", "--cluster-require-full-coverage", "no"];
    let cluster = Cluster::start_with(&soon);
    let replica = cluster.add_replica(&cluster.0[2], &soon);
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    let orders = one_of_each(&cluster, &instances[0]);
    instances[0].take(&orders[2], 1);
    let mut watchers = watch_all(&instances, &orders[2]);
    see(&mut watchers, 1);
    // A node sends its replica nothing until it has been told that all before has come.
    let keys = |node: &Redis| node.say::<usize>(&["DBSIZE"]);
    until("the replica has the order too", || keys(&replica) == keys(&cluster.0[2]));
    cluster.0[2].kill();
    are_told(&mut watchers, "interrupted");
    are_told(&mut watchers, "resumed");
    until("it can be written to again", || {
        instances[1].deliver(&orders[2], &position(2)).status == 202
    });
    see(&mut watchers, 2);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn instances_have_so_many_orders_between_them_on_all_nodes_and_no_more() {
    let cluster = Cluster::start();
    let limit = ["--orders", "4"];
    let instances = [Running::at(&cluster.url(), &limit), Running::at(&cluster.url(), &limit)];
    for instance in instances.iter().cycle().take(4) {
        instance.open();
    }
    let sentence = "there are as many orders as there may be, 4; try again later";
    for instance in &instances {
        let refused = instance.request("POST", "/orders", "", "");
        refused.assert_problem(503, "Service Unavailable", sentence);
    }
}

/// A place in the index that has no order would be counted until its time is over.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn an_order_that_could_not_be_made_takes_nobody_s_place() {
    let cluster = Cluster::start();
    let running = Running::at(&cluster.url(), &["--orders", "1"]);
    let index = cluster.node_of(INDEX);
    let killed = &cluster.0[(index + 1) % 3];
    killed.kill();
    // Two of three orders can be made at first, then none that is not this node's.
    let (mut opened, mut refused) = (0, 0);
    until("some could be made, and some not", || {
        let node = &cluster.0[index];
        match running.request("POST", "/orders", "", "").status {
            201 => {
                opened += 1;
                let _: usize = node.say(&["DEL", INDEX]);
            }
            _ => refused += 1,
        }
        assert_eq!(node.say::<usize>(&["ZCARD", INDEX]), 0);
        opened > 0 && refused > 0
    });
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_is_no_cluster_that_can_be_used_is_refused_with_a_cause_and_a_hint() {
    let ran = |url: &str| run(tracker(&[]).env("REDIS_URL", url));
    let single = Redis::start(&[]);
    let twice = format!("{0},{0}", single.url());
    ran(&twice).assert_fails("no Redis Cluster that can be used is at", "name one Redis without");

    // As a Redis before 7.0 has it.
    let old = Redis::start(&["--cluster-enabled", "yes", "--rename-command", "SSUBSCRIBE", ""]);
    let _: String = old.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("it has its slots", || {
        old.say::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
    let twice = format!("{0},{0}", old.url());
    ran(&twice).assert_fails("unknown command", "start Redis 7 or newer");
    // Of which one node alone is named.
    ran(&old.url())
        .assert_fails("it is a node of a cluster", "name several of the cluster's nodes");

    let without_slots = Redis::start(&["--cluster-enabled", "yes"]);
    let twice = format!("{0},{0}", without_slots.url());
    ran(&twice).assert_fails("No connections found", "none of them has slots");
}

/// Without a third of the slots, none of it serves anybody, unless told otherwise.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_cluster_that_is_down_because_of_one_node_interrupts_all_orders() {
    let cluster = Cluster::start_with(&["--cluster-node-timeout", "1500"]);
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    let orders = one_of_each(&cluster, &instances[0]);
    let mut watchers: Vec<Vec<Watcher>> =
        orders.iter().map(|order| watch_all(&instances, order)).collect();
    let killed = (cluster.node_of(INDEX) + 1) % 3;
    cluster.0[killed].kill();
    watchers.iter_mut().for_each(|watchers| are_told(watchers, "interrupted"));
    for order in &orders {
        let refused = instances[0].deliver(order, &position(1));
        refused.assert_problem(503, "Service Unavailable", GONE);
    }
    // Nobody can begin with it, either.
    let ran = run(tracker(&[]).env("REDIS_URL", cluster.url()));
    ran.assert_fails("ClusterDown: The cluster is down", "redis-cli cluster info");
    cluster.0[killed].start_again();
    watchers.iter_mut().for_each(|watchers| are_told(watchers, "resumed"));
    for (order, watchers) in orders.iter().zip(&mut watchers) {
        until("it can be written to again", || {
            instances[1].deliver(order, &position(2)).status == 202
        });
        see(watchers, 2);
    }
}

/// A node says to whoever follows an order that it has given it away. That is an answer
/// which nobody has asked for, and it must not be taken for another one's.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn orders_that_move_to_another_node_are_followed_there_and_confuse_nobody() {
    let cluster = Cluster::start();
    let instances = [Running::at(&cluster.url(), &[]), Running::at(&cluster.url(), &[])];
    let orders = some_of(&cluster, 0, &instances[0], 10);
    let (moving, staying) = orders.split_at(5);
    let mut watchers: Vec<_> = moving.iter().map(|order| watch_all(&instances, order)).collect();
    let [from, to, _] = &cluster.0[..] else { panic!("three nodes") };
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let riders: Vec<_> = staying
            .iter()
            .map(|order| scope.spawn(|| ride(&instances[0], order, &is_over)))
            .collect();
        // Whatever becomes of it, the others end.
        let _over = Ended(Box::new(|| is_over.store(true, Relaxed)));
        for (order, watchers) in moving.iter().zip(&mut watchers) {
            instances[0].take(order, 1);
            see(watchers, 1);
            cluster.move_to(1, &channel(order));
            until("it is followed there", || followers(to, order) == 2);
            assert_eq!(followers(from, order), 0);
            instances[0].take(order, 2);
            see(watchers, 2);
        }
        is_over.store(true, Relaxed);
        for rider in riders {
            let confused = rider.join().expect("a rider");
            assert_eq!(confused, None);
        }
    });
}

/// Delivers one position after the other, and gives the first answer that is wrong.
fn ride(instance: &Running, order: &str, is_over: &AtomicBool) -> Option<String> {
    for sequence in (1..).take_while(|_| !is_over.load(Relaxed)) {
        for taken in [true, false] {
            let answer = instance.deliver(order, &position(sequence));
            if answer.status != 202 || answer.json()["taken"] != taken {
                return Some(format!("{order} #{sequence}, {taken}: {answer:?}"));
            }
        }
    }
    None
}

/// The commands of the chapter, at other ports and in another folder.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_nodes_of_the_chapter_are_a_cluster() {
    let chapter = include_str!("../../../README.md");
    let mut blocks = chapter.split("```sh\n").skip(1).filter_map(|it| it.split("```").next());
    let mut block = |with: &str| {
        blocks.find(|block| block.contains(with)).unwrap_or_else(|| panic!("{with}")).to_owned()
    };
    let (begin, end) = (block("--cluster create"), block("shutdown"));
    let begin: String = begin
        .lines()
        .take_while(|line| !line.starts_with("export "))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = tempfile::TempDir::new().expect("a folder");
    let ports = free_ports();
    let bash = |script: &str| {
        let mut script = script.to_owned();
        for (said, free) in ["7001", "7002", "7003"].iter().zip(&ports) {
            script = script.replace(said, &free.to_string());
        }
        run(command("bash", &["-euc", &script]).current_dir(folder.path())).well()
    };
    let _ended = Ended(Box::new(|| drop(bash(&end))));
    bash(&begin);
    let url = ports.map(|port| format!("redis://127.0.0.1:{port}")).join(",");
    assert!(
        chapter.contains("redis://127.0.0.1:7001,redis://127.0.0.1:7002,redis://127.0.0.1:7003")
    );
    let running = Running::at(&url, &[]);
    running.program.until_it_says("orders are in a Redis Cluster");
    let order = running.open();
    running.take(&order, 1);
    running.watch(&order).sees(1);
}

/// The one Redis of the chapter, at another port and in another folder.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_redis_of_the_chapter_is_killed_and_has_its_orders_again() {
    let chapter = include_str!("../../../README.md");
    let block = |with: &str| {
        let mut blocks = chapter.split("```sh\n").skip(1).filter_map(|it| it.split("```").next());
        blocks.find(|block| block.contains(with)).unwrap_or_else(|| panic!("{with}"))
    };
    let begin = block("redis-server --port 7004");
    let kill = block("kill -9 \"$(cat target/redis/pid)\"");
    let end = block("redis-cli -p 7004 shutdown");
    let folder = tempfile::TempDir::new().expect("a folder");
    let [port, ..] = free_ports();
    let bash = |script: &str| {
        let script = script.replace("7004", &port.to_string());
        run(command("bash", &["-euc", &script]).current_dir(folder.path())).well()
    };
    let _ended = Ended(Box::new(|| drop(bash(end))));
    bash(begin);
    until("it answers", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let running = Running::at(&format!("redis://127.0.0.1:{port}"), &[]);
    let order = running.open();
    running.take(&order, 1);
    let mut watcher = running.watch(&order);
    watcher.sees(1);
    // On a slow disk Redis writes what it was told a second or two later.
    let written = folder.path().join("target/redis/appendonlydir");
    until("the order is on the disk", || holds(&written, &order));
    bash(kill);
    watcher.is_told("interrupted");
    bash(begin);
    watcher.is_told("resumed");
    running.take(&order, 2);
    watcher.sees(2);
}

/// Whether one of the files in this folder has these words.
fn holds(folder: &Path, words: &str) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().map_while(Result::ok);
    let mut contents = files.map_while(|file| fs::read(file.path()).ok());
    contents.any(|text| String::from_utf8_lossy(&text).contains(words))
}

/// What is done also when a test fails.
struct Ended<'e>(Box<dyn Fn() + 'e>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        (self.0)();
    }
}
