//! What the five strategies have in common, and what tells them apart.

use delay_server::Config;
use harness::Report;
use harness::recording::Lane;
use http_client::Strategy;
use program_test::Ran;

use crate::support::{delay_server, run};

/// Ten times faster than the real thing: waits of 1 s, 0.2 s and 0.5 s.
const FAST: [&str; 2] = ["--speed", "10"];

fn run_fast(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    run(strategy, &[&["--url", url], &FAST[..], args].concat()).well()
}

fn report(strategy: Strategy) -> Report {
    let (_server, url) = delay_server(Config::default());
    run_fast(strategy, &url, &["--json"]).report::<Report>()
}

fn requesting(requester: &str, url: &str, seconds: &str) -> String {
    format!("{requester}: Requesting '{url}?seconds={seconds}'")
}

fn done(requester: &str, seconds: &str) -> String {
    format!(
        "{requester}: Request is finally done! Server replied 'Done, I waited for {seconds} secs'"
    )
}

/// The transcript up to the picture, its time masked.
fn transcript(ran: &Ran) -> Vec<String> {
    let lines = ran.stdout.lines().take_while(|line| !line.is_empty());
    lines
        .map(|line| {
            if line.starts_with("Time elapsed: ") { "Time elapsed: …" } else { line }.to_owned()
        })
        .collect()
}

/// The same for strategies whose requests begin in any order.
fn sorted_requests(mut transcript: Vec<String>) -> Vec<String> {
    let first_reply = transcript.iter().position(|line| line.contains("done!")).unwrap_or(1);
    transcript[1..first_reply].sort();
    transcript
}

fn whole(lines: [String; 6]) -> Vec<String> {
    let head = ["==========".to_owned()];
    let foot = ["----------", "Time elapsed: …", "=========="].map(str::to_owned);
    head.into_iter().chain(lines).chain(foot).collect()
}

#[test]
fn one_after_another_is_told_one_after_another() {
    for strategy in [Strategy::Sync, Strategy::AsyncWithBlocking] {
        let (_server, url) = delay_server(Config::default());
        let ran = run_fast(strategy, &url, &[]);
        let wanted = [
            requesting("R1", &url, "1"),
            done("R1", "1"),
            requesting("R2", &url, "0.2"),
            done("R2", "0.2"),
            requesting("R3", &url, "0.5"),
            done("R3", "0.5"),
        ];
        assert_eq!(transcript(&ran), whole(wanted), "{strategy:?}");
    }
}

#[test]
fn waiting_together_is_told_shortest_first() {
    for strategy in [Strategy::Async, Strategy::Thread] {
        let (_server, url) = delay_server(Config::default());
        let ran = run_fast(strategy, &url, &[]);
        let wanted = [
            requesting("R1", &url, "1"),
            requesting("R2", &url, "0.2"),
            requesting("R3", &url, "0.5"),
            done("R2", "0.2"),
            done("R3", "0.5"),
            done("R1", "1"),
        ];
        let transcript = transcript(&ran);
        let transcript =
            if strategy == Strategy::Async { transcript } else { sorted_requests(transcript) };
        assert_eq!(transcript, whole(wanted), "{strategy:?}");
    }
}

#[test]
fn two_workers_take_the_third_request_when_the_second_is_done() {
    let (_server, url) = delay_server(Config::default());
    let ran = run_fast(Strategy::ThreadPool, &url, &["--workers", "2"]);
    let wanted = [
        requesting("R1", &url, "1"),
        requesting("R2", &url, "0.2"),
        done("R2", "0.2"),
        requesting("R3", &url, "0.5"),
        done("R3", "0.5"),
        done("R1", "1"),
    ];
    assert_eq!(sorted_requests(transcript(&ran)), whole(wanted));
}

#[test]
fn as_many_are_in_flight_as_the_strategy_allows() {
    for (strategy, most) in Strategy::ALL.into_iter().zip([1, 3, 1, 3, 2]) {
        let (server, url) = delay_server(Config::default());
        let report = run_fast(strategy, &url, &["--json"]).report::<Report>();
        let stats = server.stats();
        assert_eq!(stats.most_in_flight, most, "{strategy:?}, at the server");
        assert_eq!(report.recording.figures.most_in_flight, most, "{strategy:?}, in the recording");
        assert_eq!((stats.answered, report.recording.figures.done), (3, 3), "{strategy:?}");
        assert_eq!(report.strategy, strategy.name());
    }
}

#[test]
fn lanes_hold_as_many_threads_as_the_strategy_has() {
    for (strategy, threads) in Strategy::ALL.into_iter().zip([1, 1, 1, 3, 2]) {
        assert_eq!(report(strategy).recording.figures.threads, threads, "{strategy:?}");
    }
}

#[test]
fn async_requests_wait_without_a_thread() {
    let report = report(Strategy::Async);
    for lane in &report.recording.lanes {
        let life = lane.ended.unwrap() - lane.created;
        assert!(lane.future && lane.polls >= 2, "{} was polled {} times", lane.name, lane.polls);
        assert!(
            lane.held < life / 2,
            "{} held a thread for {:?} of {life:?}",
            lane.name,
            lane.held
        );
    }
}

#[test]
fn blocking_requests_hold_their_thread_while_they_wait() {
    for strategy in Strategy::ALL.into_iter().filter(|strategy| *strategy != Strategy::Async) {
        for lane in &report(strategy).recording.lanes {
            let [call] = lane.stretches.as_slice() else { panic!("{strategy:?}: {lane:?}") };
            let whole = lane.started == Some(call.from) && lane.said.unwrap() <= call.to;
            let (_, asked) = lane.asks.as_deref().unwrap().rsplit_once('=').unwrap();
            let waited = lane.held.as_secs_f64() >= asked.parse().unwrap();
            assert!(whole && waited && lane.polls == 1, "{strategy:?}: {lane:?}");
        }
    }
}

#[test]
fn a_blocked_event_loop_is_told_with_whom_it_delayed() {
    let (_server, url) = delay_server(Config::default());
    let ran = run_fast(Strategy::AsyncWithBlocking, &url, &[]);
    // On a busy machine they are longer, and broken into two lines.
    let told = ran.stdout.replace("\n  ", " ");
    let told: Vec<&str> =
        told.lines().filter(|line| line.contains("held the event loop for")).collect();
    let [first, second, third] = told.as_slice() else { panic!("three sentences, not {told:?}") };
    assert!(
        first.starts_with("R1 held") && first.ends_with("meanwhile R2 and R3 could not run."),
        "{first}"
    );
    assert!(
        second.starts_with("R2 held") && second.ends_with("meanwhile R3 could not run."),
        "{second}"
    );
    assert!(
        third.starts_with("R3 held") && third.ends_with("no other requester was there to wait."),
        "{third}"
    );
}

#[test]
fn requests_ready_from_the_start_are_told_from_requests_not_yet_asked_for() {
    let ready = |strategy| report(strategy).recording.lanes[2].clone();
    let (blocked, later): (Lane, Lane) =
        (ready(Strategy::AsyncWithBlocking), ready(Strategy::Sync));
    assert!(
        blocked.created * 10 < blocked.started.unwrap(),
        "R3 was ready long before its first poll"
    );
    assert!((later.started.unwrap() - later.created) * 10 < later.created, "R3 was asked for late");
}

#[test]
fn many_requests_show_a_sample_and_count_all() {
    let (server, url) = delay_server(Config::default());
    let args = ["--url", &url, "--requests", "150", "--seconds", "0.1"];
    let ran = run(Strategy::Async, &args);
    assert_eq!((ran.code, server.stats().answered), (Some(0), 150), "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("Requesting").count(), 10);
    assert_eq!(ran.said("R150").len(), 2, "the last one is shown");
    assert_eq!(ran.stdout.matches("10 of 150 requesters are shown").count(), 2, "above and below");
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let told = words.join(" ");
    assert!(told.contains("150 requesters were under way") && told.contains("at most 150 at once"));
}
