//! The events behind the live page, read as a browser reads them.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use delay_server::{Config, Server, Stats};
use program_test::until;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use support::{address, begin_wait, config, get, read_response, read_to_end, send, start};

const WATCH: &str = "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Somebody who watches.
struct Viewer(BufReader<TcpStream>);

impl Viewer {
    fn of(server: &Server) -> Self {
        Self(BufReader::new(send(address(server.url()), WATCH)))
    }

    /// The next snapshot, or none if there are no more.
    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("news") == 0 {
                return None;
            }
            if let Some(json) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(json).expect("a snapshot"));
            }
        }
    }

    fn until(&mut self, what: &str, mut is_so: impl FnMut(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let snapshot = self.next().expect("a server that goes on");
            if is_so(&snapshot) {
                return snapshot;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{what}: still {snapshot}");
        }
    }
}

fn of_all<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().expect("a list").iter().map(|item| &item[field]).collect()
}

#[test]
fn events_tell_who_waits_and_how_long() {
    let server = start();
    let mut viewer = Viewer::of(&server);
    let _waiting = begin_wait(address(server.url()), "60");
    let first = viewer.until("one waits", |snapshot| snapshot["stats"]["in_flight"] == 1);
    let bar = &first["waiting"][0];
    assert_eq!((&bar["query"], &bar["asked"]), (&"seconds=60".into(), &60.0.into()));
    let waited = bar["waited"].as_f64().unwrap();
    viewer.until("it has waited longer", |snapshot| {
        snapshot["waiting"][0]["waited"].as_f64().unwrap() > waited
    });
}

#[test]
fn events_tell_how_requests_finished_the_latest_first() {
    let server = start();
    let mut viewer = Viewer::of(&server);
    get(&server, "/delay-me?seconds=0");
    get(&server, "/nowhere?at=all");
    let waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    drop(waiting);
    let last = viewer.until("it has left", |snapshot| snapshot["stats"]["given_up"] == 1);
    let finished = &last["finished"];
    assert_eq!(of_all(finished, "end"), ["left", "refused", "answered"]);
    assert_eq!(of_all(finished, "query"), ["seconds=60", "/nowhere?at=all", "seconds=0"]);
    assert_eq!(finished[1]["status"], "404 Not Found");
    assert_eq!(last["waiting"], Value::Array(vec![]));
}

#[test]
fn of_many_requests_the_oldest_are_shown() {
    let server = start();
    let address = address(server.url());
    let mut waiting = vec![begin_wait(address, "61")];
    until("the first waits", || server.stats().in_flight == 1);
    waiting.extend((0..99).map(|_| begin_wait(address, "60")));
    let mut viewer = Viewer::of(&server);
    let snapshot = viewer.until("all wait", |snapshot| snapshot["stats"]["in_flight"] == 100);
    let numbers = of_all(&snapshot["waiting"], "number");
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    assert_eq!(snapshot["waiting"][0]["asked"], 61.0);
}

#[test]
fn viewers_are_not_requests() {
    let server = Server::start(Config { max_in_flight: 1, ..config() }).unwrap();
    let mut viewers: Vec<_> = (0..3).map(|_| Viewer::of(&server)).collect();
    for viewer in &mut viewers {
        viewer.next().unwrap();
    }
    assert_eq!(server.stats(), Stats::default());
    assert_eq!(get(&server, "/delay-me?seconds=0").status, 200);
}

#[test]
fn one_viewer_too_many_is_503_until_one_has_gone() {
    let server = start();
    let mut viewers: Vec<_> = (0..100).map(|_| Viewer::of(&server)).collect();
    for viewer in &mut viewers {
        viewer.next().unwrap();
    }
    let refused = get(&server, "/events");
    assert_eq!(refused.status, 503);
    assert!(refused.body.starts_with("100 viewers watch, which is the most"), "{}", refused.body);
    assert_eq!(server.stats(), Stats::default());
    assert_eq!(get(&server, "/delay-me?seconds=0").status, 200);

    viewers.pop();
    until("there is a place", || {
        let mut stream = send(address(server.url()), WATCH);
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        status == *b"HTTP/1.1 200"
    });
}

#[test]
fn stopping_lets_viewers_go_and_waits_for_none() {
    let server = Server::start(Config { grace: Duration::from_secs(3600), ..config() }).unwrap();
    let mut viewer = Viewer::of(&server);
    viewer.next().unwrap();
    let mut deaf = deaf_viewer(address(server.url()));
    let mut waiting = begin_wait(address(server.url()), "0.5");
    until("it waits", || server.stats().in_flight == 1);
    server.stop();
    assert_eq!(read_response(&mut waiting).body, "Done, I waited for 0.5 secs");
    while viewer.next().is_some() {}
    let mut rest = Vec::new();
    let ended = deaf.read_to_end(&mut rest);
    assert!(ended.is_ok_and(|read| read > 0), "what was sent to it, and an end");
}

/// Watches, and does not read.
fn deaf_viewer(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    // The less its system keeps for it, the sooner it misses something.
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    socket.connect(&address.into()).expect("a server that accepts");
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    std::io::Write::write_all(&mut stream, WATCH.as_bytes()).expect("a server that reads");
    stream
}

/// Makes so many snapshots, as large as they get, and has a viewer see them all.
fn make_news(server: &Server, snapshots: u64) {
    let mut viewer = Viewer::of(server);
    let address = address(server.url());
    let _waiting: Vec<_> = (0..40).map(|_| begin_wait(address, "300")).collect();
    for _ in 0..snapshots {
        get(server, "/delay-me?seconds=0&some=more&and=more&and=more&and=more&and=more");
        viewer.next().expect("news");
    }
}

#[test]
fn a_viewer_that_does_not_read_misses_news_and_delays_nobody() {
    let server = start();
    let deaf = deaf_viewer(address(server.url()));
    make_news(&server, 60);
    let mut deaf = Viewer(BufReader::new(deaf));
    let mut read = 0;
    deaf.until("it has caught up", |snapshot| {
        read += 1;
        snapshot["stats"]["answered"] == 60
    });
    assert!(read < 45, "{read} of 60 snapshots waited for it");
}

#[test]
fn a_viewer_that_does_not_read_does_not_hold_up_a_stop() {
    let server = Server::start(Config { grace: Duration::from_secs(3600), ..config() }).unwrap();
    let _deaf = deaf_viewer(address(server.url()));
    make_news(&server, 60);
    until("nobody else is there", || server.stats().in_flight == 0);
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_server_that_is_dropped_drops_its_viewers() {
    let server = start();
    let viewer = send(address(server.url()), WATCH);
    let mut byte = [0];
    viewer.peek(&mut byte).unwrap();
    drop(server);
    // It comes to an end, in whatever way.
    read_to_end(viewer);
}
