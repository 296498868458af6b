//! What a server tells afterwards of the requests that it has seen.

mod support;

use delay_server::VisitOutcome::{Answered, GivenUp, Refused, Waiting};
use delay_server::{Config, Server, Visit, VisitOutcome};
use program_test::until;

use support::{address, begin_wait, config, get, read_response, request, send, start};

fn remembering() -> Server {
    Server::start(Config { max_visits: 10_000, ..config() }).expect("a free port")
}

fn told(visits: &[Visit]) -> Vec<(&str, VisitOutcome)> {
    visits.iter().map(|visit| (visit.target.as_str(), visit.outcome)).collect()
}

#[test]
fn a_server_that_is_not_told_to_keeps_no_visits() {
    let server = start();
    assert_eq!(get(&server, "/delay-me").status, 200);
    assert_eq!(server.visits(), []);
}

#[test]
fn visits_are_told_in_the_order_in_which_they_came() {
    let server = remembering();
    for target in ["/delay-me?seconds=0&a=%20", "/nowhere?x=1", "/api/character/1", "/delay-me"] {
        get(&server, target);
    }
    let visits = server.visits();
    assert_eq!(
        told(&visits),
        [
            ("/delay-me?seconds=0&a=%20", Answered(200)),
            ("/nowhere?x=1", Refused(404)),
            ("/api/character/1", Answered(200)),
            ("/delay-me", Answered(200)),
        ]
    );
    assert!(visits.is_sorted_by_key(|visit| visit.arrived));
    // One after another: each had ended before the next one came.
    assert!(visits.windows(2).all(|pair| pair[0].ended.unwrap() <= pair[1].arrived), "{visits:?}");
}

#[test]
fn looking_at_the_server_is_no_visit() {
    let server = remembering();
    for target in ["/", "/stats", "/healthz"] {
        get(&server, target);
    }
    assert_eq!(server.visits(), []);
}

#[test]
fn visits_of_the_same_time_overlap() {
    let server = remembering();
    let address = address(server.url());
    let mut waiting = ["0.5", "0.4"].map(|seconds| begin_wait(address, seconds));
    until("both wait", || server.visits().len() == 2);
    let visits = server.visits();
    assert!(visits.iter().all(|visit| visit.outcome == Waiting && visit.ended.is_none()));
    waiting.iter_mut().for_each(|stream| assert_eq!(read_response(stream).status, 200));

    let visits = server.visits();
    let [first, second] = &visits[..] else { panic!("{visits:?}") };
    assert!(first.arrived.max(second.arrived) < first.ended.min(second.ended).unwrap());
    for visit in [first, second] {
        let waited = visit.ended.unwrap() - visit.arrived;
        let asked: f64 = visit.target.rsplit('=').next().unwrap().parse().unwrap();
        assert!(waited.as_secs_f64() >= asked, "{visit:?}");
        assert_eq!(visit.outcome, Answered(200));
    }
}

#[test]
fn who_hangs_up_has_given_up_in_whatever_way_it_was_asked() {
    let server = remembering();
    let address = address(server.url());
    let plain = begin_wait(address, "60");
    // This header is none that is answered before the routes.
    let routed = send(
        address,
        "GET /delay-me?seconds=61 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    until("both wait", || server.stats().in_flight == 2);
    drop((plain, routed));
    until("none waits", || server.stats().in_flight == 0);
    let visits = server.visits();
    let mut told = told(&visits);
    told.sort_unstable_by_key(|(target, _)| *target);
    assert_eq!(told, [("/delay-me?seconds=60", GivenUp), ("/delay-me?seconds=61", GivenUp)]);
    assert!(visits.iter().all(|visit| visit.ended.unwrap() >= visit.arrived));
}

#[test]
fn one_request_too_many_is_refused_and_told_once() {
    let server = Server::start(Config { max_in_flight: 1, max_visits: 10, ..config() })
        .expect("a free port");
    let _waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    assert_eq!(get(&server, "/delay-me?seconds=0").status, 503);
    let visits = server.visits();
    assert_eq!(
        told(&visits),
        [("/delay-me?seconds=60", Waiting), ("/delay-me?seconds=0", Refused(503))]
    );
    assert_eq!(visits[1].ended, Some(visits[1].arrived));
}

#[test]
fn every_refusal_is_told_with_its_status() {
    let server = remembering();
    get(&server, "/delay-me?seconds=no");
    request(address(server.url()), "DELETE", "/delay-me");
    let stranger = "GET /delay-me HTTP/1.1\r\nhost: elsewhere\r\n\r\n";
    read_response(&mut send(address(server.url()), stranger));
    assert_eq!(
        told(&server.visits()),
        [
            ("/delay-me?seconds=no", Refused(400)),
            ("/delay-me", Refused(405)),
            ("/delay-me", Refused(421))
        ]
    );
}

#[test]
fn only_the_newest_are_kept() {
    let server = Server::start(Config { max_visits: 2, ..config() }).expect("a free port");
    for seconds in ["0", "0.0", "0.00"] {
        get(&server, &format!("/delay-me?seconds={seconds}"));
    }
    assert_eq!(
        told(&server.visits()),
        [("/delay-me?seconds=0.0", Answered(200)), ("/delay-me?seconds=0.00", Answered(200))]
    );
}
