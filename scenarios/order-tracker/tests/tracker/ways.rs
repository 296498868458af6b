//! The ways of positions, from the courier to its watchers.

use harness::Report;
use harness::stages::{End, Stages};
use program_test::{Ran, command, run};
use serde_json::Value;

use crate::redis::redis_url;
use crate::support::{JSON, Running, position};

const COURIER: &str = env!("CARGO_BIN_EXE_courier");

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn ride(url: &str, args: &[&str]) -> Ran {
    let mut command = command(COURIER, &["--url", url, "--json"]);
    run(command.args(args).env_remove("DELIVERY_SECRET"))
}

/// The picture of a ride that came to its end, and what is said below it.
#[track_caller]
fn drawn(ran: Ran) -> Stages {
    let ran = ran.well();
    ran.report::<Report>().stages.unwrap_or_else(|| panic!("no ways: {}", ran.stderr))
}

fn two_instances() -> [Running; 2] {
    [(); 2].map(|()| Running::at(&redis_url(), &[]))
}

/// Six positions, a tenth of a second apart.
const SIX: [&str; 6] = ["--every", "100000", "--speed", "1000", "--way", "all"];

/// All is known of all of them, and the last one is read.
#[track_caller]
fn is_known(drawn: &Stages) {
    let unknown = drawn.kinds.len() - 1;
    for row in &drawn.rows {
        let has_gap = row.stages.iter().any(|stage| stage.kind == unknown);
        assert!(!has_gap && row.told != "not known", "{row:?}");
    }
    let [.., last] = &drawn.rows[..] else { panic!("no row: {drawn:?}") };
    assert_eq!((last.end, last.told.as_str()), (End::Arrived, "read"), "{last:?}");
    let [first, .., written] = &last.stages[..] else { panic!("no stages: {last:?}") };
    assert_eq!(first.kind, 0, "it begins at the courier: {last:?}");
    assert!(written.kind >= 3, "it ends at the watcher: {last:?}");
}

#[test]
fn in_one_process_positions_are_followed_to_those_who_read_them() {
    let running = Running::start(&[]);
    let drawn = drawn(ride(&running.url(), &[&SIX[..], &["--watchers", "2"]].concat()));
    let names: Vec<&str> = drawn.rows.iter().map(|row| row.name.as_str()).collect();
    let of = |watcher: usize| (1..=6).map(move |it| format!("#{it} to {watcher}"));
    assert_eq!(names, of(1).chain(of(2)).collect::<Vec<_>>());
    assert_eq!(drawn.kinds[1], "in the instance");
    is_known(&drawn);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn over_redis_positions_are_followed_from_one_instance_to_the_other() {
    let [one, other] = two_instances();
    let args = ["--watch-at", &other.url(), "--watchers", "1"];
    let drawn = drawn(ride(&one.url(), &[&SIX[..], &args].concat()));
    assert_eq!((drawn.rows.len(), drawn.kinds[1].as_str()), (6, "from there over Redis"));
    is_known(&drawn);
    let last = drawn.rows.last().unwrap();
    assert!(last.stages.iter().any(|stage| stage.kind == 1), "it was at Redis: {last:?}");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn over_redis_they_are_followed_also_where_each_watcher_has_a_connection_to_it() {
    let url = redis_url();
    let [one, other] = [(); 2].map(|()| Running::per_watcher_at(&url, &[]));
    let args = ["--watch-at", &other.url(), "--watchers", "1"];
    let drawn = drawn(ride(&one.url(), &[&SIX[..], &args].concat()));
    assert_eq!((drawn.rows.len(), drawn.kinds[1].as_str()), (6, "from there over Redis"));
    is_known(&drawn);
}

/// What is said of all positions for a watcher.
#[track_caller]
fn said_of(drawn: &Stages, watcher: usize) -> &str {
    let begins = format!("Watcher {watcher}, ");
    let of_it = drawn.sentences.iter().find(|it| it.starts_with(&begins));
    of_it.unwrap_or_else(|| panic!("nothing of it: {:?}", drawn.sentences))
}

/// Many positions, and somebody who reads as slowly as if there were few.
const SLOW: [&str; 6] = ["--every", "1000", "--speed", "1000", "--slow", "50000"];

#[track_caller]
fn is_replaced_while_writing(drawn: &Stages) {
    let said = said_of(drawn, 1);
    assert!(said.contains(" replaced in the watch channel, "), "{said}");
    assert!(said.contains(" while an older one was being written"), "{said}");
    assert!(drawn.rows.iter().all(|row| row.end == End::Replaced), "{drawn:?}");
}

#[test]
fn for_a_slow_watcher_newer_positions_take_the_place_of_older_ones() {
    let running = Running::start(&[]);
    let args = ["--watchers", "1", "--way", "replaced"];
    is_replaced_while_writing(&drawn(ride(&running.url(), &[&SLOW[..], &args].concat())));
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn over_redis_they_take_it_at_the_instance_of_the_watcher() {
    let [one, other] = two_instances();
    let args = ["--watch-at", &other.url(), "--watchers", "1", "--way", "replaced"];
    is_replaced_while_writing(&drawn(ride(&one.url(), &[&SLOW[..], &args].concat())));
}

#[test]
fn at_a_courier_who_is_asked_seldom_newer_positions_take_the_place_of_older_ones() {
    let place = program_test::nobody().address.to_string();
    let poll = format!("http://{place}/trips");
    let running = Running::start(&["--poll", &poll, "--poll-every", "0.2"]);
    let args = ["--every", "5000", "--speed", "1000", "--watchers", "1", "--serve", &place];
    let drawn = drawn(ride(&running.url(), &[&args[..], &["--way", "replaced"]].concat()));
    let said = said_of(&drawn, 1);
    assert!(said.contains(" replaced at the courier"), "{said}");
}

/// What an instance has seen of the positions with this trace.
fn seen(running: &Running, trace: &str) -> Vec<(String, u64)> {
    let answer = running.request("GET", &format!("/recordings/{trace}"), "", "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let marks = answer.json()["marks"].as_array().expect("marks").clone();
    let mark = |mark: &Value| {
        let station = mark["station"].as_str().expect("a station").to_owned();
        (station, mark["sequence"].as_u64().expect("a number"))
    };
    marks.iter().map(mark).collect()
}

/// An older position is delivered after a newer one, by a client that asks for its way.
#[track_caller]
fn an_older_one_is_seen(running: &Running, hears: &[(&str, u64)]) {
    let lines = format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n");
    let opened = running.request("POST", "/orders", &lines, "");
    let order = opened.json()["order"].as_str().expect("an order").to_owned();
    let mut watcher = running.watch(&order);
    for sequence in [3, 2] {
        let target = format!("/orders/{order}/position");
        let body = position(sequence).to_string();
        let delivered = running.request("POST", &target, &format!("{JSON}{lines}"), &body);
        assert_eq!(delivered.status, 202);
    }
    watcher.sees(3);
    let seen = seen(running, TRACE);
    let at = |what: &[&str]| -> Vec<(&str, u64)> {
        let all = seen.iter().map(|(station, sequence)| (station.as_str(), *sequence));
        all.filter(|(station, _)| what.contains(station)).collect()
    };
    let wanted = [("came", 3), ("taken", 3), ("came", 2), ("older", 2)];
    assert_eq!(at(&["came", "taken", "older"]), wanted);
    assert_eq!(at(&["heard", "heard_again"]), hears);
    // That watcher has not said who it is.
    assert_eq!(at(&["watches", "begun", "written"]), []);
}

#[test]
fn an_older_position_is_seen_to_be_older() {
    an_older_one_is_seen(&Running::start(&[]), &[]);
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn at_redis_an_older_position_is_seen_to_be_older() {
    let [one, _] = two_instances();
    an_older_one_is_seen(&one, &[("heard", 3)]);
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for() {
    let running = Running::start(&[]);
    let order = running.open();
    running.take(&order, 1);
    let other = format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n");
    for lines in ["traceparent: nothing\r\n", &format!("{other}{other}")] {
        running.request("POST", "/orders", lines, "");
    }
    // Of an order that is none there is nothing to keep.
    let nobody = "0".repeat(32);
    running.request(
        "POST",
        &format!("/orders/{nobody}/position"),
        &format!("{JSON}{other}"),
        &position(1).to_string(),
    );
    assert_eq!(running.no_watcher(&nobody, &other).status, 404);
    for trace in [TRACE, "nothing", &"0".repeat(32)] {
        let answer = running.request("GET", &format!("/recordings/{trace}"), "", "");
        assert_eq!(answer.status, 404, "{trace}");
    }
}

#[test]
fn on_the_screen_and_in_the_file_are_the_ways_and_not_the_lanes() {
    let running = Running::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ways.svg");
    let svg = file.to_str().expect("a path in UTF-8");
    let url = running.url();
    let args = [&SIX[..], &["--url", &url, "--watchers", "1", "--svg", svg]].concat();
    let ran = run(command(COURIER, &args).env_remove("DELIVERY_SECRET")).well();
    let (_, picture) = ran.stdout.rsplit_once("==========\n").expect("a picture");
    assert!(picture.contains("\n#6 to 1  ") && !picture.contains("courier 1"), "{picture}");
    let drawn = std::fs::read_to_string(file).unwrap();
    assert!(drawn.contains(">#6 to 1</text>") && !drawn.contains("courier 1"), "{drawn}");
}

#[test]
fn without_a_watcher_no_way_is_drawn() {
    let running = Running::start(&[]);
    let drawn = drawn(ride(&running.url(), &SIX));
    assert_eq!(drawn.rows, []);
}
