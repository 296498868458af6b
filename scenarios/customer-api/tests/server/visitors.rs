//! The visitors, who tell what a server is like from outside.

use customer_api::Server;
use database_test::Place;
use program_test::{Ran, command, nobody, run};

use crate::look_ups::{Slow, many_purchases};
use crate::support::Running;

fn visit(url: &str, args: &[&str]) -> Ran {
    run(command(env!("CARGO_BIN_EXE_customers-visitors"), &["--url", url]).args(args))
}

fn url(running: &Running) -> String {
    format!("http://{}", running.address)
}

#[test]
fn they_are_answered_in_another_order_by_a_server_that_blocks() {
    for (server, first) in [
        (Server::Async, "find 2: The server answered 200 OK"),
        (Server::AsyncWithBlocking, "report 1: The server answered 200 OK"),
        (Server::ThreadPool, "find 2: The server answered 200 OK"),
    ] {
        let place = Place::sqlite();
        let running = Running::fresh(server, &place, &[]);
        place.execute(&many_purchases(4_000_000));
        let ran = visit(&url(&running), &["--visitors", "2"]).well();
        let answers: Vec<_> = ran.stdout.lines().filter(|line| line.contains("answered")).collect();
        assert_eq!(answers[0], first, "{}", server.name());
        assert!(answers[2].starts_with("1 quick look-up: "), "{answers:?}");
    }
}

#[test]
fn they_come_whether_or_not_those_before_have_been_answered() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::AsyncWithBlocking, &place, &[]);
    place.execute(&many_purchases(4_000_000));
    let ran = visit(&url(&running), &["--visitors", "20", "--every", "0.001"]).well();
    let first_answer = ran.stdout.find("answered").expect("some are answered");
    assert_eq!(ran.stdout[..first_answer].matches("Requesting").count(), 20, "{}", ran.stdout);
}

#[test]
fn so_many_want_a_report_and_what_is_answered_is_told_whatever_it_is() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &[]);
    place.execute("DELETE FROM customers WHERE id = 2");
    let args = ["--visitors", "3", "--reports", "2", "--every", "0"];
    let ran = visit(&url(&running), &args).well();
    assert_eq!(ran.said("report 1")[1], "report 1: The server answered 200 OK");
    assert_eq!(ran.said("report 2")[1], "report 2: The server answered 404 Not Found");
    assert_eq!(ran.said("find 3")[1], "find 3: The server answered 200 OK");
}

#[test]
fn who_hangs_up_is_counted_and_does_not_end_the_visits_of_others() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &["--grace", "0.1"]);
    let _slow = Slow::reports(&place);
    let ran = visit(&url(&running), &["--visitors", "2", "--hang-up", "0.1"]).well();
    assert_eq!(ran.said("report 1")[1], "report 1: Hung up after 0.1 s");
    assert_eq!(ran.said("find 2")[1], "find 2: The server answered 200 OK");
    assert!(ran.stdout.contains("\n1 report: 1 × hung up.\n"), "{}", ran.stdout);
}

#[test]
fn where_nobody_answers_they_say_what_to_start() {
    let nobody = nobody();
    let ran = visit(&nobody.url(""), &["--visitors", "1"]);
    ran.assert_fails("nobody answers", "start a server with cargo run --bin customers-async");
}
