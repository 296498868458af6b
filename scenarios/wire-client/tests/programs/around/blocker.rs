//! A callback that blocks the event loop, and how it is found.

use std::path::Path;

use harness::Report;
use harness::recording::Recording;
use program_test::{Ran, command, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wire-blocker");

/// Long enough for a thread that watches to come to its turn on a busy machine: the
/// callback holds the loop for 2 s, and the replies come after 1 s of that.
const SLOW: [&str; 6] = ["--speed", "0.05", "--round-trip", "0.1", "--commands", "3"];

fn ran(args: &[&str]) -> Ran {
    run(&mut command(PROGRAM, args)).well()
}

fn recorded(args: &[&str]) -> Recording {
    let report: Report = ran(&[args, &["--json"]].concat()).report();
    report.recording
}

/// The line of its source on which this stands.
fn line_of(text: &str) -> usize {
    let source = include_str!("../../../src/bin/wire-blocker.rs");
    source.lines().position(|line| line.contains(text)).expect("it stands there") + 1
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_lens_names_who_blocked_where_for_how_long_and_who_waited() {
    let recording = recorded(&SLOW);
    let report = recording.lanes.iter().find(|lane| lane.name == "report").expect("it was there");
    let all = recording.blocked.iter().filter(|held| held.lane == report.number);
    let held = all.max_by_key(|held| held.time()).expect("2 s are long");
    assert!(held.time().as_secs_f64() >= 2.0, "{held:?}");
    let waited: Vec<&str> = recording.kept_waiting(held).map(|lane| lane.name.as_str()).collect();
    assert_eq!(waited, ["R1", "R2", "R3"]);
    let file = Path::new("src").join("bin").join("wire-blocker.rs");
    for (place, text) in
        [(&held.place.after, "Sorting what there is"), (&held.place.span, "name = \"report\"")]
    {
        let place = place.as_deref().expect("it is known");
        let (named, line) = place.rsplit_once(':').expect("a file and a line");
        assert!(Path::new(named).ends_with(&file), "{place}");
        assert_eq!(line, line_of(text).to_string());
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn it_is_told_while_it_goes_on() {
    let ran = ran(&SLOW);
    let line = |begin: &str| {
        let found = ran.stdout.lines().position(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("no '{begin}' in {}", ran.stdout))
    };
    let told = line("loop: report has held the event loop for ");
    assert!(line("report: Sorting what there is") < told, "{}", ran.stdout);
    assert!(told < line("report: Sorted "), "{}", ran.stdout);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[told].ends_with(": R1, R2 and R3 cannot run."), "{}", lines[told]);
    assert!(lines[told + 1].starts_with("loop: Where: after the event at "), "{}", ran.stdout);
    assert_eq!(ran.said("loop").len(), 2, "once: {}", ran.stdout);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn callers_get_their_replies_when_the_loop_is_free() {
    let recording = recorded(&SLOW);
    assert_eq!(recording.figures.done, 4);
    let report = recording.lanes.iter().find(|lane| lane.name == "report").expect("it was there");
    // Their replies came while it held the loop.
    for lane in recording.lanes.iter().filter(|lane| lane.name != "report") {
        assert!(lane.ended >= report.said, "{lane:?}");
    }
}
