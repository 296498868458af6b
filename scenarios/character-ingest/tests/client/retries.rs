//! What is tried again, and what is not.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use character_ingest::Strategy;
use program_test::{stranger, until};
use socket2::SockRef;

use crate::support::{PATH, asked_for, delay_server, errors, run, send_body, told};

const FAST: [&str; 2] = ["--speed", "50"];

#[test]
fn a_server_that_is_too_busy_is_asked_again() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&["3=503x2", "5=503x1"]);
        let ran = run(strategy, &[&["--url", &url, "--retries", "2"], &FAST[..]].concat());
        assert_eq!(ran.code, Some(0), "{strategy:?}: {}", ran.stderr);
        let stats = server.stats();
        assert_eq!((stats.rejected, stats.answered), (3, 10), "{strategy:?}");
        let said = told(&ran, "C3");
        assert_eq!(said.len(), 4, "{strategy:?}: {said:?}");
        for retry in &said[1..3] {
            assert!(retry.starts_with("Trying again in 0.0"), "{retry}");
            assert!(retry.contains(" s: the server answered 503 Service Unavailable"), "{retry}");
        }
        assert!(ran.stdout.contains("[WARN] - [Process "), "{}", ran.stdout);
    }
}

#[test]
fn pauses_grow_and_speed_makes_them_shorter() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&["1=503"]);
        let args = ["--url", &url, "--characters", "1", "--retries", "3", "--speed", "10"];
        let ran = run(strategy, &args);
        assert_eq!(ran.code, Some(1));
        let pause = |said: &&str| {
            let pause = said.strip_prefix("Trying again in ")?.split(' ').next()?;
            pause.parse::<f64>().ok()
        };
        let pauses: Vec<f64> = told(&ran, "C1").iter().filter_map(pause).collect();
        assert_eq!(pauses.len(), 3, "{strategy:?}");
        for (pause, least) in pauses.iter().zip([0.05, 0.1, 0.2]) {
            let most = least * 2.0 + 0.01;
            assert!((least..most).contains(pause), "{strategy:?}: {pauses:?}");
        }
    }
}

#[test]
fn retries_come_to_an_end() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&["3=503"]);
        let ran = run(strategy, &[&["--url", &url, "--retries", "2"], &FAST[..]].concat());
        assert_eq!(ran.code, Some(1), "{strategy:?}");
        assert_eq!((server.stats().rejected, server.stats().answered), (3, 9), "{strategy:?}");
        assert_eq!(errors(&ran).len(), 1, "{strategy:?}: told once, not for each attempt");
    }
}

#[test]
fn without_retries_nothing_is_asked_twice() {
    let (server, url) = delay_server(&["3=503"]);
    assert_eq!(run(Strategy::Async, &["--url", &url, "--speed", "50"]).code, Some(1));
    assert_eq!(server.stats().rejected, 1);
}

#[test]
fn what_is_not_found_is_not_asked_for_again() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&[]);
        let args = ["--url", &url, "--characters", "1,99", "--retries", "5"];
        let ran = run(strategy, &[&args, &FAST[..]].concat());
        assert_eq!((ran.code, server.stats().rejected), (Some(1), 1), "{strategy:?}");
    }
}

#[test]
fn what_stalls_or_is_rubbish_is_not_asked_for_again() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&["1=stall", "2=rubbish"]);
        let args = ["--url", &url, "--characters", "1,2", "--retries", "5", "--timeout", "2"];
        let ran = run(strategy, &[&args, &FAST[..]].concat());
        assert_eq!(ran.code, Some(1), "{strategy:?}");
        for character in ["C1", "C2"] {
            let said = told(&ran, character);
            assert_eq!(
                said.len(),
                2,
                "{strategy:?}: begun and failed, and nothing between: {said:?}"
            );
        }
        // The server sees a little later than we do that the client has gone.
        until("nobody waits", || server.stats().in_flight == 0);
        let stats = server.stats();
        assert_eq!((stats.given_up, stats.answered), (1, 1), "{strategy:?}");
    }
}

/// The connection ends without an answer.
fn hang_up(_: &mut TcpStream) {}

/// The connection ends with a reset.
fn reset(stream: &mut TcpStream) {
    SockRef::from(&*stream).set_linger(Some(Duration::ZERO)).expect("an open socket");
}

/// The connection ends in the middle of the answer.
fn cut(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":";
    stream.write_all(head.as_bytes()).expect("a client that reads");
}

#[test]
fn a_lost_connection_is_made_again() {
    for how in [hang_up, reset, cut] {
        for strategy in Strategy::ALL {
            let server = stranger(move |stream, target, before| match before {
                0 | 1 => how(stream),
                _ => send_body(stream, asked_for(target)),
            });
            let url = server.url(PATH);
            let args = ["--url", &url, "--characters", "1", "--retries", "2"];
            let ran = run(strategy, &[&args, &FAST[..]].concat());
            assert_eq!(ran.code, Some(0), "{strategy:?}: {}", ran.stderr);
            assert_eq!(server.asked(), 3, "{strategy:?}");
        }
    }
}

#[test]
fn a_connection_that_is_lost_for_good_is_told() {
    fn answer(stream: &mut TcpStream, _: &str, _: usize) {
        cut(stream);
    }
    for strategy in Strategy::ALL {
        let server = stranger(answer);
        let url = server.url(PATH);
        let args = ["--url", &url, "--characters", "1", "--retries", "1"];
        let ran = run(strategy, &[&args, &FAST[..]].concat());
        let cause = format!("C1: {url}/1 closed the connection before its reply was complete");
        assert_eq!(errors(&ran), [cause], "{strategy:?}");
        assert_eq!(server.asked(), 2, "{strategy:?}");
    }
}
