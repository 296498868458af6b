//! How a server ends.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use customer_api::Server;
use database_test::Place;
use program_test::{Program, command, until};
use serde_json::Value;

use crate::look_ups::{Slow, many_purchases};
use crate::support::{Running, head, path};

const UNDER_WAY: &str = "report 1: Making the report of customer 1\n";

#[test]
fn what_was_accepted_is_answered_and_a_picture_drawn() {
    for (server, signal) in [
        (Server::Async, "INT"),
        (Server::Async, "TERM"),
        (Server::AsyncWithBlocking, "INT"),
        (Server::ThreadPool, "TERM"),
    ] {
        let place = Place::sqlite();
        let running = Running::fresh(server, &place, &["--grace", "3600"]);
        place.execute(&many_purchases(1_000_000));
        let mut report = running.begin("/customers/1/report");
        running.program.until_it_says(UNDER_WAY);
        running.program.signal(signal);
        assert_eq!(report.response().status, 200, "{}", server.name());
        report.assert_at_end();
        let ran = running.program.end().well();
        assert!(ran.stdout.contains("\nreport 1  "), "{}", ran.stdout);
        assert!(ran.stdout.contains("\n1 requester was under way for"), "{}", ran.stdout);
    }
}

#[test]
fn what_was_sent_before_the_signal_is_answered() {
    for threads in ["1", "2"] {
        let place = Place::sqlite();
        let options = ["--grace", "3600", "--patience", "60", "--threads", threads];
        let running = Running::fresh(Server::Async, &place, &options);
        let mut clients: Vec<_> = (0..50).map(|_| running.begin("/customers/1")).collect();
        for client in &mut clients {
            assert_eq!(client.response().status, 200);
        }
        // While it cannot look, all of it comes, new clients too, and the signal last.
        running.program.signal("STOP");
        for client in &mut clients {
            client.send(&head("GET", "/customers/2", ""));
        }
        clients.extend((0..50).map(|_| running.begin("/customers/3")));
        running.program.signal("TERM");
        running.program.signal("CONT");
        for client in &mut clients {
            assert_eq!(client.response().status, 200);
        }
        running.program.end().well();
    }
}

/// More than an event loop hears of at a look, and no more than a system with a limit of
/// 4,096 descriptors lets two processes have beside other tests.
#[test]
fn a_crowd_that_had_asked_before_the_signal_is_answered() {
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).expect("there is a limit");
    let crowd = descriptors.saturating_sub(500).min(3_500);
    for threads in ["1", "2"] {
        let place = Place::sqlite();
        let running = Running::fresh(Server::Async, &place, &["--threads", threads]);
        let begin = || running.begin("/nothing");
        let mut clients: Vec<_> = (crowd / 5..crowd).map(|_| begin()).collect();
        for client in &mut clients {
            assert_eq!(client.response().status, 404);
        }
        running.program.signal("STOP");
        for client in &mut clients {
            client.send(&head("GET", "/nothing", ""));
        }
        clients.extend((0..crowd / 5).map(|_| begin()));
        running.program.signal("TERM");
        running.program.signal("CONT");
        for client in &mut clients {
            assert_eq!(client.response().status, 404);
        }
        running.program.end().well();
    }
}

/// One that listened while the database was filled heard it too, and does so no more.
#[test]
fn a_signal_between_the_filling_and_the_first_client_is_heard() {
    for (signal, code) in [("INT", 130), ("TERM", 143)].repeat(20) {
        let place = Place::sqlite();
        let mut command =
            command(path(Server::Async), &["--addr", "127.0.0.1:0", "--purchases", "1000"]);
        let program = Program::start(command.env("DATABASE_URL", &place.url));
        // Before it listens for itself, or just then.
        program.until_it_says("==========\n");
        program.signal(signal);
        let ran = program.end();
        assert!(ran.code == Some(0) || ran.code == Some(code), "{ran:?}");
    }
}

#[test]
fn clients_that_ask_nothing_do_not_hold_it_up() {
    for server in Server::ALL {
        let place = Place::sqlite();
        let running = Running::fresh(server, &place, &["--grace", "3600"]);
        let silent = running.send("");
        let half = running.send("GET /customers/1 HTTP/1.1\r\nhost: ");
        let mut idle = running.begin("/customers/1");
        assert_eq!(idle.response().status, 200);
        running.program.signal("TERM");
        running.program.end().well();
        [silent, half, idle].into_iter().for_each(|client| client.assert_at_end());
    }
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn new_clients_are_refused_while_another_is_still_answered() {
    let place = Place::postgres();
    let running = Running::fresh(Server::Async, &place, &["--grace", "3600"]);
    let slow = Slow::reports(&place);
    let mut report = running.begin("/customers/1/report");
    running.program.until_it_says(UNDER_WAY);
    let mut idle = running.begin("/customers/1");
    assert_eq!(idle.response().status, 200);
    running.program.signal("TERM");
    until("new clients are refused", || {
        let connected = TcpStream::connect_timeout(&running.address, Duration::from_secs(1));
        connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    });
    // All connections are told to end at the same time, and that is a moment later.
    idle.assert_at_end();
    drop(slow);
    let answer = report.response();
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    running.program.end().well();
}

#[test]
fn what_has_no_answer_after_the_grace_period_is_told() {
    for server in [Server::Async, Server::ThreadPool] {
        let place = Place::sqlite();
        let running = Running::fresh(server, &place, &["--grace", "0.1"]);
        let _slow = Slow::reports(&place);
        let report = running.begin("/customers/1/report");
        running.program.until_it_says(UNDER_WAY);
        running.program.signal("TERM");
        let ran = running.program.end();
        assert_eq!(ran.code, Some(1));
        let wanted = "error: the grace period is over, and one request had no answer\n";
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
        report.assert_at_end();
    }
}

#[test]
fn a_second_signal_ends_even_one_that_is_blocked() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::AsyncWithBlocking, &place, &["--grace", "3600"]);
    let _slow = Slow::reports(&place);
    let _report = running.begin("/customers/1/report");
    running.program.until_it_says(UNDER_WAY);
    let mut program = running.program;
    // Two that come at the same moment are one.
    until("it has ended", || {
        program_test::signal("INT", program.id());
        program.has_ended()
    });
    assert_eq!(program.end().code, Some(130));
}

#[test]
fn each_request_is_a_lane_with_its_route_and_id() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::ThreadPool, &place, &["--json"]);
    running.get("/customers/7");
    running.get("/?customer_id=8");
    running.get("/customers/9/report");
    running.rename(10, "\"1\"", "Somebody");
    running.get("/nowhere");
    running.program.signal("TERM");
    let report: Value = running.program.end().well().report();
    let lanes = report["lanes"].as_array().unwrap();
    let names: Vec<_> = lanes.iter().map(|lane| lane["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["find 7", "find 8", "report 9", "change 10", "GET /nowhere"]);
    assert!(lanes.iter().all(|lane| lane["outcome"] == "done"), "{lanes:?}");
    assert_eq!(lanes[1]["asks"], "GET /?customer_id=8");
}

#[test]
fn a_lane_that_had_no_answer_from_the_database_has_failed() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &["--json"]);
    std::fs::remove_file(place.path()).unwrap();
    assert_eq!(running.send(&head("GET", "/customers/7", "")).response().status, 503);
    running.program.signal("TERM");
    let report: Value = running.program.end().well().report();
    assert_eq!(report["lanes"][0]["outcome"], "failed");
}
