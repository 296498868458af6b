//! Watchers who come and go, are slow, or are there no longer.

use std::net::{SocketAddr, TcpStream};

use hyper_tungstenite::tungstenite::Message;
use hyper_tungstenite::tungstenite::protocol::CloseFrame;
use program_test::until;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::support::{Running, Watcher, position};

/// How a tracker is started that has these options.
type Start = fn(&[&str]) -> Running;

/// What holds of watchers, wherever the orders are, and however they hear of them.
macro_rules! of_watchers {
    ($($name:ident),* $(,)?) => {
        mod inside_of_the_process {
            $(
                #[test]
                fn $name() {
                    super::$name(crate::support::Running::start);
                }
            )*
        }

        mod with_a_connection_each {
            $(
                #[test]
                #[ignore = "needs Redis: scripts/test"]
                fn $name() {
                    super::$name(|args| {
                        crate::support::Running::per_watcher_at(&crate::redis::redis_url(), args)
                    });
                }
            )*
        }
    };
}

of_watchers!(
    a_slow_watcher_gets_the_newest_and_slows_nobody,
    who_never_reads_is_ended,
    who_answers_no_ping_is_ended_and_who_does_stays,
    a_watcher_that_closes_is_answered_and_its_code_is_logged,
    a_server_that_stops_closes_every_watcher,
    a_watcher_that_does_not_close_holds_the_end_up_no_longer_than_the_grace_period,
    an_order_whose_time_is_over_closes_its_watchers,
    who_leaves_makes_room_for_another,
    each_watcher_and_each_position_is_a_lane,
);

/// A client for which the system keeps next to nothing.
pub(crate) fn narrow(to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(1024).expect("a smaller buffer");
    socket.connect(&to.into()).expect("a server that accepts");
    socket.into()
}

fn a_slow_watcher_gets_the_newest_and_slows_nobody(start: Start) {
    const LAST: u64 = 2_000;
    // It says nothing for as long as all the others take.
    let running = start(&["--idle", "600"]);
    let order = running.open();
    let mut slow = running.watch_by(narrow(running.address), &order);
    let mut quick = running.watch(&order);
    running.take(&order, 1);
    slow.sees(1);
    quick.sees(1);
    // All on one connection, and each answered: nobody waits for the slow one.
    for sequence in 2..=LAST {
        running.take(&order, sequence);
        quick.sees(sequence);
    }
    let mut seen = 1;
    loop {
        let sequence = slow.next()["sequence"].as_u64().expect("a number");
        seen += 1;
        if sequence == LAST {
            break;
        }
    }
    // What is between the two in either system, and a few at most.
    assert!(seen < LAST / 8, "{seen} of {LAST} were kept for it");
}

fn who_never_reads_is_ended(start: Start) {
    let running = start(&["--idle", "0.3"]);
    let order = running.open();
    let _watcher = running.watch_by(narrow(running.address), &order);
    let mut sequence = 0;
    until("it is ended", || {
        sequence += 1;
        running.take(&order, sequence);
        running.program.stdout().contains(": Ended: ")
    });
}

fn who_answers_no_ping_is_ended_and_who_does_stays(start: Start) {
    let running = start(&["--idle", "2"]);
    let order = running.open();
    let _dead = running.watch(&order);
    let mut alive = running.watch(&order);
    let mut pings = 0;
    until("the dead one is ended, and the other was pinged for longer", || {
        // The answer goes out with the next read.
        if let Message::Ping(_) = alive.0.read().expect("a message") {
            pings += 1;
        }
        pings > 4 && running.program.stdout().contains("Ended: nothing is heard of the watcher\n")
    });
    running.take(&order, 1);
    alive.sees(1);
}

fn a_watcher_that_closes_is_answered_and_its_code_is_logged(start: Start) {
    let running = start(&[]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    let code = 4000.into();
    watcher.0.close(Some(CloseFrame { code, reason: "enough".into() })).expect("a socket");
    watcher.is_closed_with(4000);
    running.program.until_it_says("The watcher has closed, with 4000\n");
    drop(running.watch(&order));
    running.program.until_it_says("Ended: the connection is lost\n");
}

fn a_server_that_stops_closes_every_watcher(start: Start) {
    for threads in ["1", "3"] {
        let running = start(&["--threads", threads]);
        let order = running.open();
        let mut watchers: Vec<Watcher> = (0..10).map(|_| running.watch(&order)).collect();
        running.take(&order, 1);
        watchers.iter_mut().for_each(|watcher| watcher.sees(1));
        running.program.signal("TERM");
        watchers.iter_mut().for_each(|watcher| watcher.is_closed_with(1001));
        let ran = running.program.end().well();
        let closed = "Closed with 1001, the server stops; the watcher answered 1001\n";
        assert_eq!(ran.stdout.matches(closed).count(), 10, "{}", ran.stdout);
    }
}

fn a_watcher_that_does_not_close_holds_the_end_up_no_longer_than_the_grace_period(start: Start) {
    let running = start(&["--grace", "0.2"]);
    let order = running.open();
    let _deaf = running.watch(&order);
    running.program.until_it_says(": Watching\n");
    let ran = running.stop().well();
    let closed = "Closed with 1001, the server stops; the watcher did not answer\n";
    assert!(ran.stdout.contains(closed), "{}", ran.stdout);
}

fn an_order_whose_time_is_over_closes_its_watchers(start: Start) {
    // No ping comes in between, at which its end would be seen as well.
    let running = start(&["--lifetime", "4", "--idle", "3600"]);
    let order = running.open();
    running.watch(&order).is_closed_with(1000);
    assert_eq!(running.no_watcher(&order, "").status, 404);
    assert_eq!(running.deliver(&order, &position(1)).status, 404);
}

fn who_leaves_makes_room_for_another(start: Start) {
    let running = start(&["--watchers", "2"]);
    let order = running.open();
    let (one, mut other) = (running.watch(&order), running.watch(&order));
    let sentence = "this order has as many watchers as it may have, 2; try again later";
    running.no_watcher(&order, "").assert_problem(503, "Service Unavailable", sentence);
    // Those of another order have places of their own.
    assert_eq!(running.no_watcher(&running.open(), "").status, 101);
    drop(one);
    until("a place is free", || running.no_watcher(&order, "").status == 101);
    running.take(&order, 1);
    other.sees(1);
}

fn each_watcher_and_each_position_is_a_lane(start: Start) {
    let running = start(&["--json"]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    running.take(&order, 1);
    watcher.sees(1);
    assert_eq!(running.deliver("0", &position(1)).status, 404);
    running.program.signal("TERM");
    watcher.is_closed_with(1001);
    let report: Value = running.program.end().well().report();
    let lanes = report["lanes"].as_array().expect("lanes");
    let names: Vec<_> = lanes.iter().map(|lane| lane["name"].as_str().expect("a name")).collect();
    let short = &order[..4];
    assert_eq!(names, ["order", &format!("watcher {short}"), &format!("{short} #1")]);
    assert!(lanes.iter().all(|lane| lane["outcome"] == "done"), "{lanes:?}");
}
