//! The visitors, who tell what a server is like from outside.

use std::io::Write;
use std::sync::mpsc;

use customer_api::Server;
use database_test::Place;
use harness::Report;
use harness::recording::{Begins, Held, Outcome};
use program_test::{PATIENCE, Program, Ran, command, nobody, ok, run, stall_after, stranger};

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
    // Its event loop is held before they come: what they send at the same time may be read
    // in any order.
    let _report = running.begin("/customers/1/report");
    running.program.until_it_says("report 1: Making the report of customer 1\n");
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
    let there = nobody.url("").replace("http://", "-- --addr ");
    let hint = format!("start a server with cargo run --bin customers-async {there}");
    ran.assert_fails("nobody answers", &hint);
}

#[test]
fn an_answer_that_does_not_end_in_time_is_told_as_one_that_does_not_begin() {
    for reply in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let server = stranger(stall_after(reply));
        let ran = visit(&server.url(""), &["--visitors", "1", "--timeout", "0.2"]);
        ran.assert_fails("no complete reply within the time-out", "raise --timeout");
    }
}

#[test]
fn what_a_server_did_is_drawn_from_when_they_asked_while_it_goes_on() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::AsyncWithBlocking, &place, &[]);
    place.execute(&many_purchases(2_000_000));
    for _ in 0..2 {
        let args = ["--visitors", "4", "--every", "0.03", "--json"];
        let ran = visit(&url(&running), &args).well();
        let Report { recording, .. } = ran.report();
        let begins = (recording.begins, recording.lanes.len());
        assert_eq!(begins, (Begins::Asked, 4), "{}", ran.stderr);
        let of_report = |it: &&Held| recording.lanes[it.lane].name == "report 1";
        let report = recording.blocked.iter().find(of_report).expect("it held the event loop");
        // On a busy machine one that comes next may be read just before it begins.
        let unread = recording.unread(report).count();
        assert_eq!(unread + recording.kept_waiting(report).count(), 3, "{recording:#?}");
        let told = ran.stderr.replace("\n  ", " ");
        assert!(told.contains("find 4 had asked, and the server had not read"), "{told}");
        assert!(told.contains("customers-async-with-blocking.rs:"), "{told}");
        assert!(told.contains("· asked, not yet run"), "{told}");
        assert!(recording.lanes.iter().all(|lane| lane.outcome == Outcome::Done));
    }
    // Who asks for a recording is in none.
    assert_eq!(running.said("recordings"), [""; 0]);
}

#[test]
fn another_client_who_blocks_the_server_is_in_their_picture() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::AsyncWithBlocking, &place, &[]);
    place.execute(&many_purchases(4_000_000));
    let visited = |customer: u32| {
        let _other = running.begin(&format!("/customers/{customer}/report"));
        running.program.until_it_says(&format!("report {customer}: Making the report"));
        let args = ["--visitors", "2", "--reports", "0", "--json"];
        let Report { recording, .. } = visit(&url(&running), &args).well().report();
        let names: Vec<_> = recording.lanes.iter().map(|lane| lane.name.clone()).collect();
        // On a busy machine the report may have been made before they come.
        let other = format!("another's report {customer}");
        (names == [&other, "find 1", "find 2"]).then_some(recording)
    };
    let recording = (9..19).find_map(visited).expect("they came while a report was made");
    let told = recording.sentences().join("\n");
    let wanted =
        ": meanwhile find 1 and find 2 had asked, and the server had not read their requests.";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn what_the_server_could_not_do_has_failed() {
    let place = Place::sqlite();
    let args = ["--connections", "1", "--patience", "0.1"];
    let running = Running::fresh(Server::Async, &place, &args);
    place.execute(&many_purchases(4_000_000));
    let _other = running.begin("/customers/9/report");
    running.program.until_it_says("report 9: Making the report");
    let args = ["--visitors", "1", "--reports", "0", "--json"];
    let Report { recording, .. } = visit(&url(&running), &args).well().report();
    let ended: Vec<_> = recording.lanes.iter().map(|lane| lane.outcome).collect();
    assert_eq!(ended, [Outcome::Failed]);
}

#[test]
fn without_the_servers_recording_their_own_lanes_are_drawn_and_it_is_said_why() {
    let began = std::time::UNIX_EPOCH.elapsed().expect("it is later than 1970").as_secs();
    let old = format!(r#"{{"began_s": {}, "recording": {NOTHING}}}"#, began - 3600);
    let none = format!(r#"{{"began_s": {began}.0, "recording": {NOTHING}}}"#);
    for (answer, why) in [
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "the server gave no recording, and answered 404 Not Found",
        ),
        (
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            "answered 307 Temporary Redirect",
        ),
        (String::new(), "the server did not answer any more"),
        ("rubbish\r\n\r\n".to_owned(), "the server did not answer any more"),
        (ok(""), "what the server gave is no recording"),
        (ok("{}"), "what the server gave is no recording"),
        (ok(&"[".repeat(100_000)), "what the server gave is no recording"),
        (ok(&old.replace("3600.0", "-1")), "the server has another clock"),
        (ok(&old.replace("_s\": 0.0", "_s\": 1e300")), "what the server gave is no recording"),
        (
            ok(&none.replace("\"elapsed_s\": 0.0", "\"elapsed_s\": 1e15")),
            "the server has another clock",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &" ".repeat(17 << 20),
            "the server's recording did not come, or was too long",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned(),
            "the server's recording did not come, or was too long",
        ),
    ] {
        let server = stranger(move |stream, target, _| {
            let answer = if target.starts_with("/recordings/") { &answer } else { &ok("{}") };
            // A client that has read enough has gone.
            let _ = stream.write_all(answer.as_bytes());
        });
        let ran = visit(&server.url(""), &["--visitors", "2"]).well();
        assert!(ran.stderr.contains("note: these are the visitors' own lanes: "), "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(
            ran.stdout.contains("find 2  ") && !ran.stdout.contains("Each bar"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn ctrl_c_while_the_servers_recording_is_awaited_does_not_say_that_some_were_not_done() {
    let (asked, is_asked) = mpsc::channel();
    let server = stranger(move |stream, target, _| {
        if target.starts_with("/recordings/") {
            let _ = asked.send(());
            return stall_after("")(stream, target, 0);
        }
        let _ = stream.write_all(ok("{}").as_bytes());
    });
    let url = server.url("");
    let args = ["--url", &url, "--visitors", "2"];
    let visitors = Program::start(&mut command(env!("CARGO_BIN_EXE_customers-visitors"), &args));
    is_asked.recv_timeout(PATIENCE).expect("they ask for the recording");
    visitors.signal("INT");
    let ran = visitors.end();
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    let (error, hint) = ran.error_and_hint();
    assert!(error.contains("interrupted when the run was over"), "{error}");
    assert!(hint.contains("what the run itself has recorded"), "{hint}");
    assert!(ran.stdout.contains("find 2  "), "{}", ran.stdout);
}

/// A recording in which nothing happened.
const NOTHING: &str = r#"{"elapsed_s": 0.0, "figures": {"requesters": 0, "done": 0, "failed": 0,
    "dropped": 0, "ended": 0, "unfinished": 0, "most_in_flight": 0, "threads": 0, "held_s": 0.0,
    "longest_s": 0.0, "one_by_one_s": 0.0, "blocks": 0, "blocked_s": 0.0, "preempted": 0,
    "preempted_s": 0.0}, "threads": [], "lanes": [], "blocked": [], "longest_on_loop": null,
    "longest_wait": null, "across_await": null}"#;

#[test]
fn a_recording_is_told_to_who_knows_its_trace_and_names_the_server_right() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &[]);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let target = format!("/recordings/{trace}");
    let asks = |method: &str, target: &str, lines: &str| running.request(method, target, lines, "");
    let unknown = "this has no recording of that trace any more, or never had one";
    asks("GET", &target, "").assert_problem(404, "Not Found", unknown);

    let named = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    assert_eq!(asks("GET", "/customers/7", &named).status, 200);
    assert_eq!(asks("GET", "/customers/8", "").status, 200);
    let told = asks("GET", &target, "").json();
    let lanes = told["recording"]["lanes"].as_array().expect("lanes");
    assert_eq!((lanes.len(), &lanes[0]["name"]), (1, &"find 7".into()));
    assert_eq!(told["recording"]["begins"], "read");

    assert_eq!(asks("POST", &target, "").status, 405);
    for wrong in ["0".repeat(32), trace.to_uppercase(), "x".to_owned(), format!("{trace}-1")] {
        assert_eq!(asks("GET", &format!("/recordings/{wrong}"), "").status, 404, "{wrong}");
    }
    let elsewhere = format!("GET {target} HTTP/1.1\r\nhost: evil.example\r\n\r\n");
    assert_eq!(running.send(&elsewhere).response().status, 421);
}
