//! What is ended or refused, so that something slow leaves room to others.

use customer_api::Server;
use database::blocking::{Connection, Driver};
use database_test::{Place, on_both};

use crate::look_ups::Slow;
use crate::support::Running;

on_both! {
    a_report_that_takes_too_long_is_ended_and_its_connection_is_free
    a_change_that_takes_too_long_is_not_made_and_the_answer_says_so
    a_report_too_many_is_refused_at_once_and_nobody_else_is
}

/// Nobody waits in vain for the one connection.
const ONE: [&str; 6] = ["--connections", "1", "--patience", "3600", "--statement-timeout", "1"];

fn a_report_that_takes_too_long_is_ended_and_its_connection_is_free(place: &Place) {
    for server in Server::ALL {
        let running = Running::fresh(server, place, &ONE);
        let _slow = Slow::reports(place);
        for _ in 0..2 {
            let ended = running.get("/customers/1/report");
            let sentence = "the database has ended this, which may take 1 s at most; \
                            try again when there is less to do";
            ended.assert_problem(504, "Gateway Timeout", sentence);
            assert_eq!(ended.header("retry-after"), "", "it may take as long again");
            assert_eq!(running.get("/customers/2").status, 200, "{}", server.name());
        }
        running.program.until_it_says(" has ended the statement: ");
    }
}

/// As long as it is there, a change has no end.
struct Stuck<'p> {
    place: &'p Place,
    lock: Option<Connection>,
}

impl<'p> Stuck<'p> {
    fn changes(place: &'p Place) -> Self {
        let mut connection = place.connect();
        if let Driver::Postgres(client) = &mut connection.driver {
            client.batch_execute("BEGIN; LOCK TABLE customers").expect("nobody else has it");
            return Self { place, lock: Some(connection) };
        }
        place.execute(
            "CREATE VIEW endless AS \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n; \
             CREATE TRIGGER stuck AFTER UPDATE ON customers BEGIN \
             INSERT INTO purchases SELECT 1, count(*) FROM endless; END",
        );
        Self { place, lock: None }
    }
}

impl Drop for Stuck<'_> {
    fn drop(&mut self) {
        if self.lock.take().is_none() {
            self.place.execute("DROP TRIGGER stuck; DROP VIEW endless");
        }
    }
}

fn a_change_that_takes_too_long_is_not_made_and_the_answer_says_so(place: &Place) {
    for server in Server::ALL {
        let running = Running::fresh(server, place, &ONE);
        let stuck = Stuck::changes(place);
        let ended = running.rename(1, "\"1\"", "Somebody");
        let sentence = "the database has ended this, which may take 1 s at most; \
                        the change has not been made, and may be tried again";
        ended.assert_problem(504, "Gateway Timeout", sentence);
        drop(stuck);
        let found = running.get("/customers/1");
        assert_eq!((found.header("etag"), &found.json()["name"]), ("\"1\"", &"Ada Alder".into()));
        assert_eq!(running.rename(1, "\"1\"", "Somebody").status, 200);
    }
}

fn a_report_too_many_is_refused_at_once_and_nobody_else_is(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let args =
            ["--connections", "3", "--patience", "3600", "--most-reports", "1", "--grace", "0.1"];
        let running = Running::fresh(server, place, &args);
        let _slow = Slow::reports(place);
        let _first = running.begin("/customers/1/report");
        running.program.until_it_says("report 1: Making the report of customer 1\n");
        for _ in 0..2 {
            let refused = running.get("/customers/2/report");
            let sentence = "there may be no more than one report at once, with those that wait; \
                            try again in a second";
            refused.assert_problem(503, "Service Unavailable", sentence);
            assert_eq!(refused.header("retry-after"), "1");
            assert_eq!(running.get("/customers/3").status, 200, "{}", server.name());
        }
    }
}
