//! When things go wrong: one line of cause, one of what to do, the right exit
//! code, and nothing lost of what was recorded.

use delay_server::Config;
use harness::Report;
use harness::recording::Outcome;
use program_test::{Ran, close_after, nobody, stall_after, stranger};

use crate::support::{EVENT_LOOP, delay_server, lane, run};

/// The run failed with exactly these two lines, and drew what it had.
fn assert_fails(ran: &Ran, cause: &str, hint: &str) {
    ran.assert_fails(cause, hint);
    assert!(ran.stdout.contains("\nTime elapsed: ") && ran.stdout.contains("\nR1  "));
}

#[test]
fn nobody_at_the_given_url_says_what_to_start() {
    let nobody = nobody();
    let url = nobody.url("/delay-me");
    let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0"]);
    let start = format!("cargo run -p delay-server -- --addr {}, ", nobody.address);
    assert_fails(&ran, &format!("R1: nobody answers at {url}"), &start);
}

#[test]
fn an_unknown_host_is_told_before_anything_begins() {
    let ran = run(EVENT_LOOP, &["--url", "http://no.such.host.invalid/delay-me"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("the host 'no.such.host.invalid'"), "{}", ran.stderr);
}

#[test]
fn a_connection_that_ends_half_way_is_told() {
    for reply in
        ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"]
    {
        let url = stranger(close_after(reply)).url("/delay-me");
        let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0"]);
        let cause = format!("R1: {url} closed the connection before its reply was complete");
        assert_fails(&ran, &cause, "what the server itself says");
    }
}

#[test]
fn what_is_no_http_is_told() {
    let url = stranger(close_after("SSH-2.0-OpenSSH_9.2\r\n\r\n")).url("/delay-me");
    let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0"]);
    assert_fails(&ran, "failed: this is not HTTP", "an HTTP server answers there");
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let (_server, url) = delay_server(Config { max_seconds: 5.0, ..Config::default() });
    let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "6"]);
    assert_fails(&ran, "R1: the server answered 400 Bad Request: ", "--seconds");
    assert!(ran.stderr.contains('5'), "the server's limit is in {}", ran.stderr);
}

#[test]
fn a_wrong_route_is_told() {
    let (server, _) = delay_server(Config::default());
    let url = format!("{}/delay-you", server.url());
    let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0"]);
    assert_fails(&ran, "R1: the server answered 404 Not Found", "check --url");
}

#[test]
fn a_reply_that_never_ends_ends_with_the_time_out() {
    for reply in ["", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"] {
        let url = stranger(stall_after(reply)).url("/delay-me");
        let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0", "--timeout", "0.2"]);
        let cause = format!("R1: no complete reply from {url} within the time-out");
        assert_fails(&ran, &cause, "raise --timeout");
    }
}

#[test]
fn one_that_fails_leaves_the_others_their_end() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0.2,999,0.1", "--json"]);
    let report: Report = ran.report();
    let ended = ["R1", "R2", "R3"].map(|name| lane(&report, name).outcome);
    assert_eq!(ended, [Outcome::Done, Outcome::Failed, Outcome::Done]);
    assert_eq!(report.failure.unwrap().requester.as_deref(), Some("R2"));
    assert_eq!(ran.code, Some(1));
}

#[test]
fn wrong_options_are_told_with_what_is_wanted() {
    for (args, wanted) in [
        (["--url", "nonsense"], "an address such as http://localhost:8000/delay-me"),
        (["--url", "localhost:8000/delay-me"], "does not begin with http://"),
        (["--url", "https://localhost/delay-me"], "speaks http:// only"),
        (["--url", "http://localhost:8000/delay-me?seconds=1"], "the query is made from --seconds"),
        (["--seconds", "ten"], "a number of seconds from 0 up is wanted"),
        (["--seconds", "1,,2"], "a number of seconds from 0 up is wanted"),
        (["--seconds", "1e300"], "a number of seconds from 0 up is wanted"),
        (["--timeout", "0"], "a number of seconds above 0 is wanted"),
        (["--timeout", "1e19"], "a number of seconds above 0 is wanted"),
        (["--speed", "0"], "a number above 0 is wanted"),
    ] {
        run(EVENT_LOOP, &args).assert_refuses(wanted);
    }
}
