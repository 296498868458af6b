//! When things go wrong: one line of cause, one of what to do, the right exit
//! code, and nothing lost of what was recorded.

use std::io;

use delay_server::Config;
use harness::Report;
use harness::recording::{Lane, Outcome};
use http_client::Strategy;
use program_test::{Program, Ran, close_after, nobody, stall_after, stranger, until};

use crate::support::{command, delay_server, program, run};

/// Strategies with either client: one blocks, one does not.
const BOTH: [Strategy; 2] = [Strategy::Sync, Strategy::Async];

fn assert_drawn(ran: &Ran) {
    assert!(
        ran.stdout.contains("\nTime elapsed: ") && ran.stdout.contains("\nR1  "),
        "{}",
        ran.stdout
    );
}

fn lanes(ran: &Ran) -> Vec<Outcome> {
    ran.report::<Report>().recording.lanes.iter().map(|lane: &Lane| lane.outcome).collect()
}

#[test]
fn nobody_at_the_given_url_says_what_to_start() {
    for strategy in Strategy::ALL {
        let nobody = nobody();
        let url = nobody.url("/delay-me");
        let ran = run(strategy, &["--url", &url, "--seconds", "0"]);
        let start = format!("cargo run -p delay-server -- --addr {}, ", nobody.address);
        ran.assert_fails(&format!("R1: nobody answers at {url}"), &start);
        assert_drawn(&ran);
    }
}

#[test]
fn an_unknown_host_is_told_before_anything_begins() {
    let ran = run(Strategy::Async, &["--url", "http://no.such.host.invalid/delay-me"]);
    ran.assert_fails("the host 'no.such.host.invalid'", "--url");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_connection_that_ends_half_way_is_told() {
    for reply in
        ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"]
    {
        let url = stranger(close_after(reply)).url("/delay-me");
        for strategy in BOTH {
            let ran = run(strategy, &["--url", &url, "--seconds", "0"]);
            let cause = format!("R1: {url} closed the connection before its reply was complete");
            ran.assert_fails(&cause, "what the server itself says");
            assert_drawn(&ran);
        }
    }
}

#[test]
fn what_is_no_http_is_told() {
    let url = stranger(close_after("SSH-2.0-OpenSSH_9.2\r\n\r\n")).url("/delay-me");
    for strategy in BOTH {
        let ran = run(strategy, &["--url", &url, "--seconds", "0"]);
        ran.assert_fails(
            &format!("R1: the request to {url} failed: "),
            "an HTTP server answers there",
        );
    }
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let (_server, url) = delay_server(Config { max_seconds: 5.0, ..Config::default() });
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--url", &url, "--seconds", "6"]);
        ran.assert_fails("R1: the server answered 400 Bad Request: ", "--seconds");
        assert!(ran.stderr.contains('5'), "the server's limit is in {}", ran.stderr);
    }
}

#[test]
fn a_wrong_route_is_told() {
    let (server, _) = delay_server(Config::default());
    let url = format!("{}/delay-you", server.url());
    for strategy in BOTH {
        let ran = run(strategy, &["--url", &url, "--seconds", "0"]);
        let right = format!(
            "check --url: it is the route without its query, such as {}/delay-me",
            server.url()
        );
        ran.assert_fails("R1: the server answered 404 Not Found", &right);
    }
}

#[test]
fn a_full_server_is_told() {
    let (_server, url) = delay_server(Config { max_in_flight: 1, ..Config::default() });
    for strategy in [Strategy::Async, Strategy::Thread] {
        let ran = run(strategy, &["--url", &url, "--seconds", "0.5", "--requests", "3"]);
        ran.assert_fails("the server answered 503 Service Unavailable: ", "--max-in-flight");
    }
}

#[test]
fn a_server_that_breaks_is_told() {
    let url =
        stranger(close_after("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"))
            .url("/delay-me");
    for strategy in BOTH {
        let ran = run(strategy, &["--url", &url, "--seconds", "0"]);
        ran.assert_fails(
            "R1: the server answered 500 Internal Server Error",
            "what the server itself says",
        );
    }
}

#[test]
fn a_reply_that_never_ends_ends_with_the_time_out() {
    for reply in ["", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"] {
        let url = stranger(stall_after(reply)).url("/delay-me");
        for strategy in Strategy::ALL {
            let ran = run(strategy, &["--url", &url, "--timeout", "0.2"]);
            ran.assert_fails(
                &format!("no complete reply from {url} within the time-out"),
                "raise --timeout",
            );
            assert_drawn(&ran);
        }
    }
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
        (["--seconds", "inf"], "a number of seconds from 0 up is wanted"),
        (["--seconds=-1", "--json"], "a number of seconds from 0 up is wanted"),
        (["--timeout", "0"], "a number of seconds above 0 is wanted"),
        (["--timeout", "1e19"], "a number of seconds above 0 is wanted"),
        (["--requests", "0"], "a whole number from 1 up is wanted"),
        (["--requests", "18446744073709551615"], "a whole number from 1 up is wanted"),
        (["--workers", "none"], "a whole number from 1 up is wanted"),
        (["--workers", "18446744073709551615"], "a whole number from 1 up is wanted"),
        (["--speed", "0"], "a number above 0 is wanted"),
        (["--speed", "1e-300"], "a number above 0 is wanted"),
    ] {
        run(Strategy::Async, &args).assert_refuses(wanted);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_asked() {
    let (server, url) = delay_server(Config::default());
    for option in ["--svg", "--report", "--trace"] {
        let ran = run(Strategy::Async, &["--url", &url, option, "/no/such/folder/run"]);
        ran.assert_fails("cannot write '/no/such/folder/run'", "a folder that exists");
    }
    assert_eq!(server.stats().answered, 0);
}

#[test]
fn one_failure_ends_what_can_be_ended() {
    let (_server, url) = delay_server(Config::default());
    // R2 is refused at once; R1 and R3 would take a second each.
    let failed = |strategy| {
        let ran = run(strategy, &["--url", &url, "--seconds", "1,301,1", "--json"]);
        assert_eq!(ran.report::<Report>().failure.unwrap().requester.as_deref(), Some("R2"));
        lanes(&ran)
    };
    use Outcome::{Done, Dropped, Failed};
    assert_eq!(failed(Strategy::Sync), [Done, Failed], "R3 is never asked for");
    assert_eq!(failed(Strategy::Async), [Dropped, Failed, Dropped], "a future can be dropped");
    assert_eq!(failed(Strategy::Thread), [Done, Failed, Done], "a thread cannot be stopped");
    assert_eq!(failed(Strategy::ThreadPool), [Done, Failed, Done]);
}

#[cfg(unix)]
#[test]
fn too_few_descriptors_are_told_before_anything_is_asked() {
    let (server, url) = delay_server(Config::default());
    let limited = |limit: &str, args: &str| -> Ran {
        let program = program(Strategy::Async);
        let script = format!("ulimit {limit} && exec {program} --seconds 0 {args}");
        program_test::run(&mut program_test::command("sh", &["-c", &script]))
    };
    let ran = limited("-n 128", &format!("--url {url} --requests 200"));
    ran.assert_fails(
        "200 requests at once need 248 open files, and the system allows 128",
        "fewer --requests",
    );
    let ran = limited("-n 128", "--requests 100");
    ran.assert_fails(
        "100 requests at once need 248 open files",
        "cargo run --release -p delay-server",
    );
    assert_eq!(server.stats().answered, 0);

    let ran = limited("-Sn 64", &format!("--url {url} --requests 200"));
    assert_eq!(ran.code, Some(0), "the soft limit is raised: {}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn ctrl_c_draws_what_was_recorded_and_exits_130() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(Config::default());
        let args = ["--url", &url, "--seconds", "60,60"];
        let client = Program::start(&mut command(strategy, &args));
        client.until_it_says("R1: Requesting");
        until("one waits", || server.stats().in_flight > 0);
        client.signal("INT");

        let ran = client.end();
        assert_eq!(ran.code, Some(130), "{strategy:?}");
        for text in ["Time elapsed: ", "still going.", "unfinished"] {
            assert!(ran.stdout.contains(text), "{strategy:?}: no {text} in {}", ran.stdout);
        }
        let (error, _) = ran.error_and_hint();
        assert_eq!(error, "interrupted before every requester was done", "{strategy:?}");
    }
}

#[test]
fn a_reader_that_leaves_early_does_no_harm() {
    for args in [&["--seconds", "0.1"][..], &["--seconds", "0.1", "--json"]] {
        let (server, url) = delay_server(Config::default());
        let mut command = command(Strategy::Async, &[&["--url", &url], args].concat());
        let (reader, writer) = io::pipe().unwrap();
        let client = Program::start(command.stdout(writer));
        drop(reader);
        let ran = client.end().well();
        assert_eq!(server.stats().answered, 1);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_ends_a_run_that_cannot_print() {
    let (server, url) = delay_server(Config::default());
    // Nobody reads the report, which is larger than what a pipe holds.
    let args = ["--url", &url, "--seconds", "60", "--requests", "300", "--json"];
    let (_unread, writer) = io::pipe().unwrap();
    let mut client = Program::start(command(Strategy::Async, &args).stdout(writer));
    until("all wait", || server.stats().in_flight == 300);
    client.signal("INT");
    client.until_it_notes("300 still going.");
    assert!(!client.has_ended());
    client.signal("INT");
    assert_eq!(client.end().code, Some(130));
}
