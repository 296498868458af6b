//! What a page holds, without a browser.

use std::time::Duration;

use harness::Report;
use lens::recording::{Lane, Outcome, Recording, Stretch, Thread, Worker};

use super::*;
use crate::results::{Attempt, Climber, Cost, Failed, Ladder, Machine, Measured, Nouns};
use crate::table;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A request that was made at the start and held the first thread at these
/// milliseconds.
fn lane(name: &str, held: &[(u64, u64)], ended: u64) -> Lane {
    let stretch = |&(from, to): &(u64, u64)| Stretch {
        thread: 1,
        on_loop: true,
        from: ms(from),
        to: ms(to),
        held: ms(to - from),
        polls: 1,
    };
    Lane {
        number: 0,
        name: name.to_owned(),
        asks: Some("http://localhost/".to_owned()),
        trace: None,
        place: None,
        parent: None,
        outcome: Outcome::Done,
        future: true,
        created: ms(0),
        read: None,
        started: held.first().map(|(from, _)| ms(*from)),
        said: None,
        ended: Some(ms(ended)),
        held: held.iter().map(|(from, to)| ms(to - from)).sum(),
        longest: ms(0),
        polls: held.len() as u64,
        stretches: held.iter().map(stretch).collect(),
    }
}

fn report(elapsed: u64, lanes: Vec<Lane>) -> Report {
    let worker = Some(Worker { index: 0, of: 1, stays: true });
    let threads = vec![Thread { id: 1, name: "main".to_owned(), worker }];
    Report {
        strategy: "async".to_owned(),
        interrupted: false,
        failure: None,
        ideal: Some(ms(1000)),
        guess: None,
        measured: Vec::new(),
        stages: None,
        recording: Recording::of_lanes(ms(elapsed), threads, lanes),
    }
}

fn run(elapsed: u64) -> Attempt {
    let lanes =
        vec![lane("R1", &[(0, 2), (998, 1000)], 1000), lane("R2", &[(400, 402), (600, 602)], 602)];
    let cost = Cost { cpu: ms(7), peak: 9_100_000 };
    Ok(Measured { report: report(elapsed, lanes), cost })
}

fn failed(how: &str, last_line: &str) -> Attempt {
    Err(Failed { how: how.to_owned(), last_line: Some(last_line.to_owned()), report: None })
}

fn compared(name: &str, runs: Vec<Attempt>) -> Compared {
    let command = format!("cargo run -p http-client --bin {name}");
    Compared {
        name: name.to_owned(),
        how: Some("that wait together on one thread".to_owned()),
        command,
        runs,
    }
}

fn comparison(strategies: Vec<Compared>) -> Comparison {
    Comparison {
        scenario: "http-client".to_owned(),
        command: "cargo run -p compare -- http-client".to_owned(),
        machine: Machine { cores: 2, memory: 8_000_000_000 },
        nouns: Nouns::default(),
        strategies,
        ladder: None,
    }
}

fn ladder(strategies: [(&str, Vec<Attempt>); 2]) -> Comparison {
    let climbers = strategies.map(|(name, steps)| Climber { name: name.to_owned(), steps }).into();
    let ladder = Some(Ladder { sizes: vec![10, 1000], climbers });
    Comparison { ladder, ..comparison(Vec::new()) }
}

/// The words between two tags, tags taken out.
fn text(page: &str, from: &str, to: &str) -> String {
    let (_, rest) = page.split_once(from).unwrap();
    let (inside, _) = rest.split_once(to).unwrap();
    let pieces =
        inside.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let words = pieces.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_page_tells_the_commands_the_machine_and_the_figures() {
    let page = render(&comparison(vec![compared("async", vec![run(1004)])]));
    for wanted in ["2 cores, 8.0 GB of memory", "requests that wait together on one thread"] {
        assert!(page.contains(wanted), "{wanted}");
    }
    let made = text(&page, "Made with</dt>", "</dd>");
    assert_eq!(made, "cargo run -p compare -- http-client");
    let alone = text(&page, r#"<dl class="commands">"#, "</dl>");
    assert_eq!(alone, "async cargo run -p http-client --bin async");
    let row = text(&page, "<tbody>", "</tbody>");
    assert_eq!(row, "async 1.004 s 4.0 ms 2 1 7.0 ms 9.1 MB never");
}

#[test]
fn what_comes_from_outside_is_text() {
    let evil = "\u{1b}[31m</p><script>alert(1)</script><img src=x onerror=alert(1)>\u{7}";
    let mut strategy = compared("async", vec![failed(evil, evil), run(1000)]);
    strategy.command = evil.to_owned();
    let Ok(Measured { report, .. }) = &mut strategy.runs[1] else { panic!("it is a good run") };
    for text in [&mut report.recording.lanes[0].name, &mut report.recording.threads[0].name] {
        *text = format!("\"{evil}");
    }
    report.recording.lanes[0].asks = Some(evil.to_owned());
    let steps = || vec![failed("no more threads", evil)];
    let mut all = ladder([(evil, steps()), ("sync", steps())]);
    all.strategies = vec![strategy];
    all.command = evil.to_owned();
    all.scenario = evil.to_owned();
    let page = render(&all);
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    assert!(!page.contains("<img") && page.contains("&lt;script&gt;alert(1)"));
    assert!(!page.contains(['\u{1b}', '\u{7}']));
}

#[test]
fn every_stretch_tells_itself() {
    let page = render(&comparison(vec![compared("async", vec![run(1004)])]));
    for wanted in [
        "R1 held thread 1 (main) for 2.0 ms, from 0.0 ms to 2.0 ms",
        "R1 waited, and held no thread, for 996 ms, from 2.0 ms to 0.998 s",
        "R2 was made, and had not run, for 400 ms, from 0.0 ms to 0.400 s",
    ] {
        assert!(page.contains(&format!("<title>{wanted}</title>")), "{wanted}");
    }
}

#[test]
fn pictures_share_one_axis() {
    let page = render(&comparison(vec![
        compared("sync", vec![run(2000)]),
        compared("async", vec![run(1000)]),
    ]));
    // R1's life of a second is half of the longer run, in both.
    assert_eq!(page.matches(r#"edge" x="0.000%" y="46" width="50.000%""#).count(), 2);
    assert_eq!(page.matches("the run ended at 1.000 s").count(), 1);
}

#[test]
fn repeated_runs_tell_the_least_the_median_and_the_most() {
    let page = render(&comparison(vec![compared("async", vec![run(1300), run(1100), run(1200)])]));
    assert!(
        text(&page, "<tbody>", "</tbody>").starts_with("async 1.200 s 1.100 s · 1.200 s · 1.300 s")
    );
}

#[test]
fn a_strategy_that_failed_tells_how() {
    let page = render(&comparison(vec![compared(
        "thread",
        vec![failed("no more threads", "os error 11")],
    )]));
    assert_eq!(text(&page, "<tbody>", "</tbody>"), "thread no more threads os error 11");
    assert!(page.contains("There is nothing to draw"));
}

#[test]
fn a_ladder_is_drawn_and_told() {
    let steps = [
        ("async", vec![run(1000), run(1400)]),
        ("thread", vec![run(1000), failed("no more threads", "os error 11")]),
    ];
    let page = render(&ladder(steps));
    assert_eq!(page.matches(r#"class="chart""#).count(), 2);
    assert_eq!(
        text(&page, r#"<ul class="ends">"#, "</ul>"),
        "async came to the top, 1,000 requests. thread ended at 1,000 requests: no more threads os error 11"
    );
    assert_eq!(text(&page, "<tbody>", "</tbody>"), "10 1.000 s 1.000 s 1,000 1.400 s ended");
    assert!(!page.contains("What each one took"));
}

#[test]
fn what_is_no_request_is_called_what_it_is() {
    let steps = [("async", vec![run(1000)]), ("thread", vec![failed("no more threads", "")])];
    let mut both = ladder(steps);
    both.strategies = vec![compared("async", vec![run(1000)])];
    both.nouns = Nouns { counts: "command".to_owned(), row: "requester".to_owned() };
    let page = render(&both);
    for wanted in [
        "commands that wait together on one thread",
        "requesters under way at the same time",
        "those that a requester held",
        "how long requesters held its thread",
        "Each row is a requester,",
        "ten times as many commands",
        "Peak memory over commands",
        "ended at 10 commands:",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("request ") && !page.contains("requests"));
    let table = crate::table::draw(&both);
    assert!(table.contains("commands") && !table.contains("requests"), "{table}");
}

#[test]
fn a_ladder_that_nobody_climbed_has_a_page_too() {
    let steps = || vec![failed("not begun", "")];
    assert!(
        render(&ladder([("async", steps()), ("sync", steps())])).contains("ended at 10 requests")
    );
}

#[test]
fn a_core_that_the_system_kept_is_told_right_below_the_pictures() {
    let mut kept = run(1000);
    if let Ok(measured) = &mut kept {
        measured.report.recording.figures.preempted_for = ms(90);
    }
    let text = table::draw(&comparison(vec![
        compared("sync", vec![run(900)]),
        compared("async", vec![kept]),
    ]));
    let told = "not yet run\nThe machine was busy: for up to 90 ms in all, the event loop of async had no\n  core to run on.";
    assert!(text.ends_with(told), "{text}");
}
