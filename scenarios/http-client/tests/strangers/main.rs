//! Whatever a server answers, every strategy makes the same of it, within its
//! bounds, and shows nothing that does something to a terminal or a picture.

mod table;

use std::fs;
use std::process::{Command, Output};
use std::thread;

use harness::text::harmless_lines;
use http_client::Strategy;
use table::{Outcome, Stranger, Then, strangers};

fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_thread-pool"),
    }
}

fn run(strategy: Strategy, url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(program(strategy));
    command.args(["--url", &format!("{url}/delay-me"), "--seconds", "0"]).args(args);
    command.output().expect("the program was built")
}

/// The text, which is not to do anything.
fn seen(bytes: &[u8], what: &str) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("programs print UTF-8");
    assert_eq!(harmless_lines(&text), text, "{what}");
    text
}

/// A time-out that is met only where nothing else ends it.
fn timeout(stranger: &Stranger) -> &'static str {
    let endless = stranger.then == Then::Stalls || stranger.reply.is_empty();
    if endless && stranger.then != Then::Closes { "0.3" } else { "60" }
}

fn compare(strategy: Strategy, stranger: &Stranger) {
    let what = format!("{strategy:?}, {}", stranger.name());
    let ran = run(strategy, &stranger.start(), &["--timeout", timeout(stranger)]);
    let (stdout, stderr) = (seen(&ran.stdout, &what), seen(&ran.stderr, &what));
    match stranger.wanted {
        Outcome::Replies(text) => {
            let wanted = format!("R1: Request is finally done! Server replied '{text}'\n");
            assert!(stdout.contains(&wanted), "{what}: {stdout}{stderr}");
            assert_eq!(ran.status.code(), Some(0), "{what}");
        }
        Outcome::Fails(cause) => {
            let error = stderr.lines().next().unwrap_or_default();
            assert!(error.starts_with("error: R1: ") && error.contains(cause), "{what}: {stderr}");
            assert_eq!(stderr.lines().count(), 2, "{what}: {stderr}");
            assert_eq!(ran.status.code(), Some(1), "{what}");
        }
    }
}

#[test]
fn every_strategy_makes_the_same_of_every_server() {
    for stranger in strangers() {
        thread::scope(|scope| {
            for strategy in Strategy::ALL {
                let stranger = &stranger;
                scope.spawn(move || compare(strategy, stranger));
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
        let stranger = Stranger {
            reply: format!("{head}{evil}").into_bytes(),
            then: Then::Closes,
            wanted: Outcome::Fails(""),
            in_1_0: None,
        };
        let args = ["--json", "--svg", svg.to_str().unwrap()];
        let ran = run(Strategy::Async, &stranger.start(), &args);
        seen(&ran.stdout, head);
        assert!(seen(&ran.stderr, head).contains(r"\u{1b}[2J\u{9b}31m\u{202e}\u{fffe}\u{200b}"));
        let report: harness::Report = serde_json::from_slice(&ran.stdout).unwrap();
        let cause = report.failure.map(|failure| failure.cause).unwrap_or_default();
        assert_eq!(harmless_lines(&cause), cause);
        seen(&fs::read(&svg).unwrap(), head);
    }
}

#[test]
fn what_the_command_line_says_is_harmless_and_no_password_is_repeated() {
    for url in [
        "http://me:secret@localhost:1/",
        "http://me:secret@localhost:99999/",
        "me:secret@://x\x1b[2J",
    ] {
        let ran = run(Strategy::Async, url, &[]);
        let stderr = seen(&ran.stderr, url);
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(2), &b""[..]), "{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert!(!url.starts_with("http") || !stderr.contains("secret"), "{stderr}");
    }
    let ran =
        run(Strategy::Async, "http://127.0.0.1:1", &["--svg", "/no/such/\x1b[2J\u{202e}/run"]);
    assert!(seen(&ran.stderr, "a path").contains(r"'/no/such/\u{1b}[2J\u{202e}/run'"));
    assert_eq!(ran.status.code(), Some(1));
}

/// A full disk that is always there.
#[cfg(target_os = "linux")]
#[test]
fn what_is_lost_on_a_full_disk_is_an_error() {
    let full = || fs::File::options().write(true).open("/dev/full").expect("every Linux has it");
    let ok = strangers().into_iter().next().expect("the first one is no bad one");
    let url = ok.start();
    let command = |args: &[&str]| {
        let mut command = Command::new(program(Strategy::Async));
        command.args(["--url", &format!("{url}/delay-me"), "--seconds", "0"]).args(args);
        command
    };
    for args in [&[][..], &["--json"], &["--json", "--prepare"], &["--help"]] {
        let ran = command(args).stdout(full()).output().expect("the program was built");
        let stderr = String::from_utf8(ran.stderr).expect("programs print UTF-8");
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("error: cannot write to stdout: "), "{args:?}: {stderr}");
    }
    let ran = command(&["--json"]).stderr(full()).output().expect("the program was built");
    assert_eq!(ran.status.code(), Some(1), "the transcript is lost");
    let report: harness::Report = serde_json::from_slice(&ran.stdout).expect("the report is not");
    assert!(report.failure.is_some_and(|failure| failure.cause.contains("cannot write to stderr")));
}
