//! Whatever a server answers, every strategy makes the same of it, within its
//! bounds, and shows nothing that does something to a terminal or a picture.

use std::fs;
use std::thread;

use harness::text::harmless_lines;
use http_client::Strategy;
use program_test::{Behaviour, Ran, Stranger, behaviours, close_after, ok, stranger};

use crate::support::{command, run};

fn ask(strategy: Strategy, server: &Stranger, args: &[&str]) -> Ran {
    let url = server.url("/delay-me");
    run(strategy, &[&["--url", &url, "--seconds", "0"], args].concat())
}

/// None of these does anything to a terminal.
#[track_caller]
fn assert_harmless(texts: &[&str], what: &str) {
    texts.iter().for_each(|text| assert_eq!(harmless_lines(text), *text, "{what}"));
}

fn compare(strategy: Strategy, behaviour: &Behaviour) {
    let what = format!("{strategy:?}, {}", behaviour.name());
    let ran = ask(strategy, &behaviour.start(), &["--timeout", behaviour.timeout()]);
    assert_harmless(&[&ran.stdout, &ran.stderr], &what);
    behaviour.wanted.assert_came(&ran, "R1", &what);
}

#[test]
fn every_strategy_makes_the_same_of_every_server() {
    for behaviour in behaviours() {
        thread::scope(|scope| {
            for strategy in Strategy::ALL {
                let behaviour = &behaviour;
                scope.spawn(move || compare(strategy, behaviour));
            }
        });
    }
}

#[test]
fn what_a_server_says_is_harmless_in_json_and_in_pictures() {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}\u{fffe}\u{200b}";
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("run.svg");
    for head in ["HTTP/1.1 500 Oops\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
        let stranger = stranger(close_after(&format!("{head}{evil}")));
        let ran = ask(Strategy::Async, &stranger, &["--json", "--svg", svg.to_str().unwrap()]);
        assert_harmless(&[&ran.stdout, &ran.stderr, &fs::read_to_string(&svg).unwrap()], head);
        assert!(ran.stderr.contains(r"\u{1b}[2J\u{9b}31m\u{202e}\u{fffe}\u{200b}"));
        let report: harness::Report = ran.report();
        let cause = report.failure.map(|failure| failure.cause).unwrap_or_default();
        assert_harmless(&[&cause], head);
    }
}

#[test]
fn what_the_command_line_says_is_harmless_and_no_password_is_repeated() {
    for url in [
        "http://me:secret@localhost:1/",
        "http://me:secret@localhost:99999/",
        "me:secret@://x\x1b[2J",
    ] {
        let ran = run(Strategy::Async, &["--url", &format!("{url}/delay-me")]);
        assert_harmless(&[&ran.stderr], url);
        ran.assert_refuses("error: ");
        assert!(!url.starts_with("http") || !ran.stderr.contains("secret"), "{}", ran.stderr);
    }
    let path = "/no/such/\x1b[2J\u{202e}/run";
    let ran = run(Strategy::Async, &["--url", "http://127.0.0.1:1", "--svg", path]);
    assert_harmless(&[&ran.stderr], "a path");
    assert!(ran.stderr.contains(r"'/no/such/\u{1b}[2J\u{202e}/run'"));
    assert_eq!(ran.code, Some(1));
}

/// A full disk that is always there.
#[cfg(target_os = "linux")]
#[test]
fn what_is_lost_on_a_full_disk_is_an_error() {
    let full = || fs::File::options().write(true).open("/dev/full").expect("every Linux has it");
    let good = stranger(close_after(&ok("ok")));
    let url = good.url("/delay-me");
    let command = |args: &[&str]| {
        command(Strategy::Async, &[&["--url", &url, "--seconds", "0"], args].concat())
    };
    for args in [&[][..], &["--json"], &["--json", "--prepare"], &["--help"]] {
        let ran = program_test::run(command(args).stdout(full()));
        assert_eq!(ran.code, Some(1), "{args:?}: {}", ran.stderr);
        let said = ran.stderr.contains("error: cannot write to stdout: ");
        assert!(said, "{args:?}: {}", ran.stderr);
    }
    let ran = program_test::run(command(&["--json"]).stderr(full()));
    assert_eq!(ran.code, Some(1), "the transcript is lost");
    let report: harness::Report = ran.report();
    assert!(report.failure.is_some_and(|failure| failure.cause.contains("cannot write to stderr")));
}
