//! Characters: what is answered, what is refused, and what may be made to go wrong.

mod support;

use delay_server::{Config, Server, Stats};
use program_test::until;
use serde_json::{Value, json};

use support::{address, config, get, read_response, request, send, start};

const CHARACTERS: &str = include_str!("../data/characters.jsonl");

fn with_trouble(list: &str) -> Server {
    let troubles = list.split(',').map(|it| it.parse().expect("a trouble")).collect();
    Server::start(Config { troubles, ..config() }).expect("a free port")
}

#[test]
fn each_character_is_answered_as_the_data_has_it() {
    let server = start();
    for (line, id) in CHARACTERS.lines().zip(1..) {
        let response = get(&server, &format!("/api/character/{id}?delay=0"));
        assert_eq!((response.status, response.body.as_str()), (200, line));
        assert!(response.head.contains("content-type: application/json\r\n"));
    }
}

#[test]
fn an_unknown_character_is_404_in_the_shape_of_the_api() {
    let server = start();
    for id in ["0", "22", "9999", "x", "1,2", "-1", "%31%30%30"] {
        let response = get(&server, &format!("/api/character/{id}"));
        assert_eq!(response.status, 404, "{id}");
        assert_eq!(response.body, r#"{"error":"Character not found"}"#);
        assert!(response.head.contains("content-type: application/json\r\n"));
    }
    assert_eq!(server.stats().rejected, 7);
}

#[test]
fn a_delay_is_waited_for_in_flight() {
    let server = start();
    let head = "HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let waiting = send(address(server.url()), &format!("GET /api/character/1?delay=60 {head}"));
    until("it waits", || server.stats().in_flight == 1);
    drop(waiting);
    until("its place is free", || server.stats().in_flight == 0);
    let mut short = send(address(server.url()), &format!("GET /api/character/2?delay=0.05 {head}"));
    assert_eq!(read_response(&mut short).status, 200);
    let expected = Stats { most_in_flight: 1, given_up: 1, answered: 1, ..Stats::default() };
    assert_eq!(server.stats(), expected);
}

#[test]
fn a_bad_delay_is_refused_with_what_is_allowed() {
    let server = start();
    for (query, reason) in [
        ("delay=-1", "delay is not a plain number"),
        ("delay=301", "delay is too many"),
        ("delay=1&delay=2", "delay is given more than once"),
    ] {
        let response = get(&server, &format!("/api/character/1?{query}"));
        let json: Value = serde_json::from_str(&response.body).unwrap();
        let sentence = format!("{reason}; it must be one decimal number from 0 to 300");
        assert_eq!((response.status, json), (400, json!({ "error": sentence })), "{query}");
    }
}

#[test]
fn only_as_many_characters_are_in_flight_as_may_be() {
    let server = Server::start(Config { max_in_flight: 1, ..config() }).unwrap();
    let request = "GET /api/character/1?delay=60 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let _waiting = send(address(server.url()), request);
    until("it waits", || server.stats().in_flight == 1);
    let refused = get(&server, "/api/character/2");
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1\r\n"));
    assert!(refused.body.starts_with(r#"{"error":"1 requests are waiting"#), "{}", refused.body);
}

#[test]
fn trouble_comes_to_those_characters_that_it_is_asked_for() {
    let server = with_trouble("1=503,2=503x2,3=rubbish");
    let statuses = |id| [(); 3].map(|()| get(&server, &format!("/api/character/{id}")).status);
    assert_eq!(statuses(1), [503, 503, 503]);
    assert_eq!(statuses(2), [503, 503, 200]);
    assert_eq!(statuses(4), [200, 200, 200]);
    let rubbish = get(&server, "/api/character/3");
    assert_eq!(rubbish.status, 200);
    assert!(serde_json::from_str::<Value>(&rubbish.body).is_err(), "{}", rubbish.body);
    assert_eq!(server.stats().rejected, 5);
}

#[test]
fn a_character_that_stalls_is_answered_after_the_longest_wait() {
    let troubles = vec!["1=stall".parse().unwrap()];
    let server = Server::start(Config { troubles, max_seconds: 0.3, ..config() }).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(get(&server, "/api/character/1?delay=0").status, 200);
    assert!(began.elapsed().as_millis() >= 300);
}

#[test]
fn another_method_is_405_here_too() {
    let server = start();
    assert_eq!(request(address(server.url()), "DELETE", "/api/character/1").status, 405);
}
