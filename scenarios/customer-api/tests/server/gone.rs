//! A database that goes away, and comes back.

use std::fs;

use customer_api::Server;
use database_test::{Place, on_mongo, on_postgres};
use program_test::{Proxy, until};

use crate::look_ups::Slow;
use crate::support::{Response, Running, forget};

on_postgres! {
    a_server_that_is_gone_is_503_until_it_is_back
    who_only_reads_does_not_notice_that_a_connection_had_ended
    of_many_connections_that_had_ended_one_is_enough_to_notice
    a_change_that_may_have_been_made_is_not_made_again
}

on_mongo! {
    a_server_that_is_gone_is_503_until_it_is_back
    who_only_reads_does_not_notice_that_a_connection_had_ended
}

#[track_caller]
fn assert_gone(refused: &Response) {
    let sentence = "the database is gone; try again in a few seconds";
    refused.assert_problem(503, "Service Unavailable", sentence);
    assert_eq!(refused.header("retry-after"), "3");
}

#[test]
fn a_file_that_is_gone_is_503_until_it_is_back() {
    for server in Server::ALL {
        let place = Place::sqlite();
        let running = Running::fresh(server, &place, &[]);
        let elsewhere = place.path().with_extension("elsewhere");
        fs::rename(place.path(), &elsewhere).unwrap();
        for _ in 0..3 {
            assert_gone(&running.get("/customers/1"));
            assert_gone(&running.rename(1, "\"1\"", "Nobody"));
        }
        fs::rename(&elsewhere, place.path()).unwrap();
        until("it answers again", || running.get("/customers/1").status == 200);
        running.program.until_it_says(": there is no file sqlite:");
    }
}

/// A way to the database, and a server that goes this way.
fn by_proxy(server: Server, place: &Place, args: &[&str]) -> (Proxy, Running) {
    forget(place);
    let host = place.url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let host = host.and_then(|host| host.rsplit('@').next()).expect("a URL names a host");
    let proxy = Proxy::start(host);
    let running = Running::start(server, &proxy.url(&place.url), args);
    (proxy, running)
}

fn a_server_that_is_gone_is_503_until_it_is_back(place: &Place) {
    for server in Server::ALL {
        let (proxy, running) = by_proxy(server, place, &[]);
        assert_eq!(running.get("/customers/1").status, 200);
        proxy.down();
        for _ in 0..3 {
            assert_gone(&running.get("/customers/1"));
        }
        assert_gone(&running.rename(1, "\"1\"", "Nobody"));
        proxy.up();
        until("it answers again", || running.get("/customers/1").status == 200);
        assert_eq!(running.rename(1, "\"1\"", "Somebody").status, 200);
    }
}

fn who_only_reads_does_not_notice_that_a_connection_had_ended(place: &Place) {
    for server in Server::ALL {
        let (proxy, running) = by_proxy(server, place, &[]);
        for _ in 0..3 {
            assert_eq!(running.get("/customers/1").status, 200);
            proxy.cut();
        }
        assert_eq!(running.get("/customers/1/report").status, 200);
    }
}

fn of_many_connections_that_had_ended_one_is_enough_to_notice(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let (proxy, running) = by_proxy(server, place, &["--connections", "3", "--kept", "0"]);
        let slow = Slow::reports(place);
        let mut reports = [1, 2, 3].map(|id| running.begin(&format!("/customers/{id}/report")));
        until("each has a connection", || running.said("Making the report").len() == 3);
        drop(slow);
        assert_eq!(reports.each_mut().map(|report| report.response().status), [200; 3]);
        proxy.cut();
        assert_eq!(running.get("/customers/1").status, 200);
        assert_eq!(running.rename(1, "\"1\"", "Somebody").status, 200);
    }
}

fn a_change_that_may_have_been_made_is_not_made_again(place: &Place) {
    for server in Server::ALL {
        let (proxy, running) = by_proxy(server, place, &[]);
        assert_eq!(running.rename(1, "\"1\"", "First").status, 200);
        proxy.cut();
        let refused = running.rename(1, "\"2\"", "Second");
        let sentence = "the database is gone, and whether it has made the change is not known; \
                        look at it in a few seconds";
        refused.assert_problem(503, "Service Unavailable", sentence);
        assert_eq!(refused.header("retry-after"), "", "nobody is to repeat it without a look");
        assert_eq!(running.rename(1, "\"2\"", "Second").status, 200);
    }
}
