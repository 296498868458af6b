//! What a run can leave besides its transcript.

use std::fs;
use std::time::Duration;

use delay_server::Config;
use harness::{Prepared, Report};
use http_client::Strategy;
use program_test::{close_after, ok, stranger};
use serde_json::Value;

use crate::support::{delay_server, run};

#[test]
fn json_goes_to_stdout_and_the_rest_to_stderr() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(Strategy::Async, &["--url", &url, "--seconds", "0.1,0", "--json"]);
    let report = ran.report::<Report>();
    assert_eq!((ran.code, report.recording.figures.requesters, report.failure), (Some(0), 2, None));
    assert_eq!(
        report.recording.lanes[0].asks.as_deref(),
        Some(format!("{url}?seconds=0.1").as_str())
    );
    assert!(
        ran.stderr.contains("R1: Requesting") && ran.stderr.contains("2 requesters were under way")
    );
}

#[test]
fn json_tells_what_the_delays_alone_would_take() {
    let (_server, url) = delay_server(Config::default());
    let ideals = Strategy::ALL.map(|strategy| {
        let ran = run(strategy, &["--url", &url, "--speed", "10", "--seconds", "1,2,3", "--json"]);
        ran.report::<Report>().ideal.unwrap().as_secs_f64()
    });
    assert_eq!(ideals, [0.6, 0.3, 0.6, 0.3, 0.4]);
}

#[test]
fn a_run_that_is_only_prepared_asks_for_nothing() {
    let (server, url) = delay_server(Config::default());
    let ran = run(Strategy::Sync, &["--url", &url, "--prepare"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let ran = run(Strategy::Sync, &["--url", &url, "--prepare", "--json"]);
    let prepared: Prepared = ran.report();
    assert_eq!((ran.code, prepared.ideal), (Some(0), Some(Duration::from_secs(17))));
    assert_eq!(server.stats().answered, 0);
}

#[test]
fn json_of_a_failed_run_tells_the_failure() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(Strategy::Sync, &["--url", &url, "--seconds", "0,301", "--json"]);
    let failure = ran.report::<Report>().failure.unwrap();
    assert_eq!((ran.code, failure.requester.as_deref()), (Some(1), Some("R2")));
    assert!(failure.cause.contains("400 Bad Request"), "{}", failure.cause);
}

#[test]
fn a_report_is_what_json_prints_and_the_rest_stays_on_stdout() {
    let (_server, url) = delay_server(Config::default());
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let args = ["--url", &url, "--speed", "50", "--guess", "1", "--report", path];
    let ran = run(Strategy::Async, &args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: Report = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((report.strategy.as_str(), report.recording.lanes.len()), ("async", 3));
    assert!(report.ideal.is_some() && report.guess.is_some());
    assert!(ran.stdout.contains("Time elapsed: "), "{}", ran.stdout);

    let ran = run(Strategy::Async, &[&args[..], &["--json"]].concat());
    assert_eq!(ran.stdout, fs::read_to_string(path).unwrap());
}

#[test]
fn svg_holds_the_lanes_and_the_sentences() {
    let (_server, url) = delay_server(Config::default());
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let ran = run(Strategy::AsyncWithBlocking, &["--url", &url, "--speed", "50", "--svg", path]);
    let svg = fs::read_to_string(path).unwrap();
    assert_eq!(ran.code, Some(0));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for text in [
        "R1 held thread 1 (main)",
        "R3 was made, and had not run, for",
        "R2 held the event loop for",
    ] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
}

#[test]
fn trace_shows_each_requester_on_its_thread() {
    let (_server, url) = delay_server(Config::default());
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = run(
        Strategy::Thread,
        &["--url", &url, "--speed", "50", "--trace", file.path().to_str().unwrap()],
    );
    let trace: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(file.path()).unwrap()).unwrap();
    assert_eq!(ran.code, Some(0));
    for requester in ["R1", "R2", "R3"] {
        let of = |phase| {
            trace.iter().find(|entry| entry["name"] == requester && entry["ph"] == phase).unwrap()
        };
        let (begin, end) = (of("B"), of("E"));
        assert_eq!(begin["tid"], end["tid"]);
        let named = |entry: &&Value| entry["ph"] == "M" && entry["tid"] == begin["tid"];
        let thread = trace.iter().find(named).unwrap();
        assert_eq!(thread["args"]["name"], format!("thread of {requester}"));
    }
}

#[test]
fn full_lines_tell_time_level_process_and_thread() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(Strategy::Sync, &["--url", &url, "--seconds", "0", "--log", "full"]);
    let line = ran.stdout.lines().find(|line| line.contains("R1: Requesting")).unwrap();
    assert!(is_full(line, "R1: Requesting"), "{line}");
}

/// As in `[2026-11-21 05:01:02.123456Z] - [INFO] - [Process 4242, Thread 1] - R1: …`.
fn is_full(line: &str, said: &str) -> bool {
    let parts: Vec<&str> = line.splitn(4, " - ").collect();
    let [time, "[INFO]", process, message] = parts[..] else { return false };
    let process = process.trim_start_matches("[Process ").trim_end_matches(", Thread 1]");
    time.len() == "[2026-11-21 05:01:02.123456Z]".len()
        && time.starts_with("[20")
        && time.ends_with("Z]")
        && process.parse::<u32>().is_ok()
        && message.starts_with(said)
}

#[test]
fn a_log_file_gets_every_line_in_full_after_what_is_in_it() {
    let (_server, url) = delay_server(Config::default());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "from before\n").unwrap();
    let path = file.path().to_str().unwrap();
    let args = ["--url", &url, "--seconds", "0", "--requests", "21", "--log-file", path];
    let ran = run(Strategy::Sync, &args);
    assert_eq!((ran.code, ran.said("R2").len()), (Some(0), 0), "the screen has a sample only");
    let log = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!((lines[0], lines.len()), ("from before", 1 + 2 * 21));
    assert!(is_full(lines[3], "R2: Requesting"), "{}", lines[3]);
    assert!(is_full(lines[4], "R2: Request is finally done!"), "{}", lines[4]);
}

#[test]
fn a_log_file_that_cannot_be_written_is_an_error() {
    let (_server, url) = delay_server(Config::default());
    let nowhere = run(Strategy::Sync, &["--url", &url, "--log-file", "no/such/folder/log"]);
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (Some(1), ""));
    assert!(nowhere.stderr.contains("error: cannot write 'no/such/folder/log'"));
    if cfg!(target_os = "linux") {
        let full =
            run(Strategy::Sync, &["--url", &url, "--speed", "50", "--log-file", "/dev/full"]);
        assert_eq!((full.code, full.said("R3").len()), (Some(1), 2), "the run itself goes on");
        assert!(full.stderr.contains("error: cannot write '/dev/full'"), "{}", full.stderr);
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    let (_server, url) = delay_server(Config::default());
    let ran = run(Strategy::Sync, &["--url", &url, "--seconds", "0"]);
    assert!(!ran.stdout.contains('\x1b'), "{:?}", ran.stdout);
}

#[test]
fn a_strangers_server_may_reply_what_it_likes() {
    let url = stranger(close_after(&ok("zwei\nZeilen \x1b[31mrot!"))).url("/delay-me");
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--url", &url, "--speed", "50"]);
        assert_eq!(ran.code, Some(0), "{strategy:?}: {}", ran.stderr);
        let wanted = r"R1: Request is finally done! Server replied 'zwei\nZeilen \u{1b}[31mrot!'";
        assert_eq!(ran.said("R1")[1], wanted, "{strategy:?}");
    }
}
