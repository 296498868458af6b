//! What a run writes beside its transcript, and what it refuses to.

use std::fs;

use delay_server::Config;
use http_client::Strategy;
use serde_json::Value;

use crate::support::{delay_server, run};

/// What `--trace` writes of requests of these delays.
fn trace_of(strategy: Strategy, seconds: &str) -> Vec<Value> {
    let (_server, url) = delay_server(Config::default());
    let file = tempfile::NamedTempFile::new().expect("there is room");
    let path = file.path().to_str().expect("a short path");
    let ran = run(strategy, &["--url", &url, "--seconds", seconds, "--trace", path]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let trace = fs::read_to_string(path).expect("it was written");
    serde_json::from_str(&trace).expect("a trace is JSON")
}

/// The time of this entry of a requester, in seconds.
fn at(trace: &[Value], name: &str, phase: &str) -> f64 {
    let mut entries = trace.iter().filter(|entry| entry["name"] == name && entry["ph"] == phase);
    let at = entries.next().and_then(|entry| entry["ts"].as_f64());
    at.unwrap_or_else(|| panic!("no {phase} of {name} in {trace:#?}")) / 1e6
}

#[test]
fn a_trace_shows_each_requester_while_it_waits_too() {
    let trace = trace_of(Strategy::Async, "0.5,0.2,0.3");
    for (name, seconds) in [("R1", 0.5), ("R2", 0.2), ("R3", 0.3)] {
        let (from, to) = (at(&trace, name, "b"), at(&trace, name, "e"));
        assert!(to - from >= seconds, "{name} lives from {from} to {to}");
        // Its first poll is on a thread, within its life.
        let (entered, left) = (at(&trace, name, "B"), at(&trace, name, "E"));
        let little = 0.01;
        assert!(from - little <= entered && entered <= left && left <= to + little, "{name}");
        let track = |phase: &str| {
            trace.iter().find(|entry| entry["name"] == name && entry["ph"] == phase).unwrap()
        };
        assert_eq!(
            (&track("b")["id"], &track("b")["cat"]),
            (&track("e")["id"], &track("e")["cat"])
        );
    }
}

#[test]
fn a_trace_tells_who_was_made_and_not_yet_run() {
    let trace = trace_of(Strategy::AsyncWithBlocking, "0.2,0,0");
    let lives = |phase: &str| {
        trace
            .iter()
            .filter(|entry| entry["name"] == "made, not yet run" && entry["ph"] == phase)
            .count()
    };
    assert!(lives("b") >= 2 && lives("b") == lives("e"), "{trace:#?}");
}

#[test]
fn what_was_written_is_told_with_its_place() {
    let (server, url) = delay_server(Config::default());
    let folder = tempfile::tempdir().unwrap();
    let (svg, trace) = (folder.path().join("run.svg"), folder.path().join("run.json"));
    let (svg, trace) = (svg.to_str().unwrap(), trace.to_str().unwrap());
    let report = folder.path().join("report.json");
    let report = report.to_str().unwrap();
    let args = ["--url", &url, "--speed", "100", "--svg", svg, "--trace", trace];
    let ran = run(Strategy::Async, &[&args[..], &["--report", report]].concat());
    assert_eq!(
        (ran.code, ran.stderr),
        (
            Some(0),
            format!(
                "note: the picture is in '{svg}'\n\
                 note: the trace is in '{trace}': open it at ui.perfetto.dev\n\
                 note: the report is in '{report}'\n"
            )
        )
    );
    drop(server);
}

#[test]
fn one_file_is_not_written_by_two() {
    let (server, url) = delay_server(Config::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run");
    let path = file.to_str().unwrap();
    for [one, other] in [["--svg", "--trace"], ["--report", "--log-file"]] {
        let ran = run(Strategy::Async, &["--url", &url, one, path, other, path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        let told = format!("error: {one} and {other} name the same file: '{path}'");
        let told = format!("{told}\nhint: name a file for each\n");
        assert!(ran.stderr.ends_with(&told), "{}", ran.stderr);
    }
    assert!(!file.exists());
    assert_eq!(server.stats().answered, 0);
    // What goes there is for nobody.
    if cfg!(unix) {
        let args = ["--url", &url, "--speed", "100", "--svg", "/dev/null", "--trace", "/dev/null"];
        assert_eq!(run(Strategy::Async, &args).code, Some(0));
    }
}

#[test]
fn what_is_no_file_is_refused_before_anything_is_asked() {
    let (server, url) = delay_server(Config::default());
    for option in ["--svg", "--report", "--trace", "--log-file"] {
        for odd in ["-", ".", "/dev/stdout"] {
            if odd == "/dev/stdout" && !cfg!(unix) {
                continue;
            }
            let ran = run(Strategy::Async, &["--url", &url, option, odd]);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{option} {odd}");
            assert!(ran.stderr.contains("file"), "{}", ran.stderr);
        }
    }
    assert_eq!(server.stats().answered, 0);
}

#[test]
fn workers_are_refused_where_there_is_no_pool() {
    let (server, url) = delay_server(Config::default());
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--url", &url, "--seconds", "0", "--workers", "2"]);
        let has_pool = strategy == Strategy::ThreadPool;
        assert_eq!(ran.code, Some(if has_pool { 0 } else { 2 }), "{strategy:?}: {}", ran.stderr);
        let told = "error: --workers means nothing here: only thread-pool has a pool of threads";
        assert!(has_pool || ran.stderr.starts_with(told), "{}", ran.stderr);
        let help = run(strategy, &["--help"]);
        assert_eq!(help.stdout.contains("--workers"), has_pool, "{strategy:?}");
    }
    assert_eq!(server.stats().answered, 1);
}

#[test]
fn every_strategy_tells_its_version() {
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--version"]);
        let version = format!(" {}\n", env!("CARGO_PKG_VERSION"));
        assert!(ran.code == Some(0) && ran.stdout.ends_with(&version), "{}", ran.stdout);
    }
}
