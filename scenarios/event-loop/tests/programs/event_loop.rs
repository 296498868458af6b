//! The event loop at work: what it decides, and what a run of it leaves.

use std::fs;

use delay_server::Config;

use crate::support::{EVENT_LOOP, close, delay_server, run_well, stranger};

/// Waits of 1 s, 0.2 s and 0.5 s.
const FAST: [&str; 2] = ["--speed", "10"];

#[test]
fn requests_wait_together_and_end_shortest_first() {
    let (server, url) = delay_server(Config::default());
    let ran = run_well(EVENT_LOOP, &[&["--url", &url], &FAST[..]].concat());
    let requesting = |name, seconds| format!("{name}: Requesting '{url}?seconds={seconds}'");
    let done = |name, seconds| {
        format!(
            "{name}: Request is finally done! Server replied 'Done, I waited for {seconds} secs'"
        )
    };
    let wanted = [
        requesting("R1", "1"),
        requesting("R2", "0.2"),
        requesting("R3", "0.5"),
        done("R2", "0.2"),
        done("R3", "0.5"),
        done("R1", "1"),
    ];
    assert_eq!(ran.said(&["R1", "R2", "R3"]), wanted);
    assert_eq!(server.stats().most_in_flight, 3);
}

#[test]
fn every_decision_is_told() {
    let (_server, url) = delay_server(Config::default());
    let ran = run_well(EVENT_LOOP, &[&["--url", &url], &FAST[..]].concat());
    let told = ran.said(&["loop"]);
    let first = ["loop: poll R1", "loop: R1 waits for its socket", "loop: poll R2"];
    assert_eq!(told[..3], first);
    for name in ["R1", "R2", "R3"] {
        let count = |line: &str| told.iter().filter(|told| **told == line).count();
        let polls = count(&format!("loop: poll {name}"));
        let waits = count(&format!("loop: {name} waits for its socket"));
        let woken = count(&format!("loop: {name} woken"));
        assert!(polls >= 2, "{name} was polled {polls} times");
        assert_eq!((waits, woken), (polls - 1, polls - 1), "each wait but the last is ended");
        assert_eq!(count(&format!("loop: {name} is done")), 1);
    }
    let sleeps = "loop: nothing ready: sleep until a socket is ready";
    assert!(told.contains(&sleeps));
    assert_eq!(told.last(), Some(&"loop: R1 is done"));
}

#[test]
fn a_time_out_is_a_timer() {
    let (_server, url) = delay_server(Config::default());
    let args = ["--url", &url, "--seconds", "0.1", "--timeout", "60"];
    let ran = run_well(EVENT_LOOP, &args);
    let told = ran.said(&["loop"]);
    assert_eq!(told[1], "loop: R1 waits for its socket or until 60.00 s");
    assert!(told.iter().any(|line| line.ends_with(" s, or until a socket is ready")), "{told:#?}");
    assert_eq!(told.last(), Some(&"loop: R1 is done"));
}

#[test]
fn its_thread_is_known_for_an_event_loop_and_mostly_free() {
    let (_server, url) = delay_server(Config::default());
    let ran = run_well(EVENT_LOOP, &[&["--url", &url, "--json"], &FAST[..]].concat());
    let report = ran.report();
    assert_eq!(report.recording.event_loop(), Some(1));
    assert_eq!((report.recording.figures.threads, report.recording.figures.most_in_flight), (1, 3));
    for lane in &report.recording.lanes {
        let life = lane.ended.unwrap() - lane.created;
        assert!(lane.future && lane.held < life / 2, "{lane:?}");
    }
    assert!(ran.stderr.contains("loop: poll R1"), "the transcript is on stderr");
}

#[test]
fn many_requests_are_counted_and_their_decisions_not_told() {
    let (server, url) = delay_server(Config::default());
    let seconds = vec!["0.1"; 100].join(",");
    let ran = run_well(EVENT_LOOP, &["--url", &url, "--seconds", &seconds]);
    assert_eq!(server.stats().answered, 100);
    // Where the sentence breaks is a matter of how many digits its times have.
    let told = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("at most 100 at once, on 1"), "{}", ran.stdout);
    assert!(ran.said(&["loop"]).is_empty());
}

#[test]
fn a_run_without_a_server_brings_its_own() {
    let ran = run_well(EVENT_LOOP, &["--seconds", "0.1,0"]);
    assert_eq!(ran.said(&["R1", "R2"]).len(), 4);
}

#[test]
fn a_reply_without_a_length_ends_with_the_connection() {
    let url = stranger("HTTP/1.0 200 OK\r\n\r\nzwei\nZeilen \x1b[31mrot!", close);
    let ran = run_well(EVENT_LOOP, &["--url", &url, "--seconds", "0"]);
    let wanted = r"R1: Request is finally done! Server replied 'zwei\nZeilen \u{1b}[31mrot!'";
    assert_eq!(ran.said(&["R1"])[1], wanted);
}

#[test]
fn svg_and_trace_and_full_lines_are_those_of_every_client() {
    let (_server, url) = delay_server(Config::default());
    let folder = tempfile::tempdir().unwrap();
    let (svg, trace) = (folder.path().join("run.svg"), folder.path().join("run.json"));
    let args = ["--url", &url, "--speed", "50", "--log", "full"];
    let files = ["--svg", svg.to_str().unwrap(), "--trace", trace.to_str().unwrap()];
    let ran = run_well(EVENT_LOOP, &[&args[..], &files].concat());
    assert!(fs::read_to_string(svg).unwrap().contains("R1 held thread 1 (main)"));
    assert!(fs::read_to_string(trace).unwrap().starts_with('['));
    let full = |line: &str| {
        line.contains("] - [INFO] - [Process ") && line.contains(", Thread 1] - loop: ")
    };
    assert!(ran.stdout.lines().any(full), "{}", ran.stdout);
}
