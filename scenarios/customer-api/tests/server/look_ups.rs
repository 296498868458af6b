//! What one slow look-up does to the others, told by the order of answers.

use customer_api::Server;
use database::blocking::{Connection, Driver};
use database_test::{Place, on_both, on_mongo};
use program_test::{Held, until};

use crate::support::Running;

on_both! {
    a_slow_look_up_keeps_nobody_else_waiting_unless_it_blocks
    no_free_connection_is_503_after_a_while_and_says_so
    reports_leave_a_connection_to_quick_look_ups
    who_hangs_up_leaves_the_connection_to_nobody_while_the_database_is_at_it
}

on_mongo! {
    a_slow_look_up_keeps_nobody_else_waiting_unless_it_blocks
    no_free_connection_is_503_after_a_while_and_says_so
    reports_leave_a_connection_to_quick_look_ups
    who_hangs_up_leaves_the_connection_to_nobody_while_the_database_is_at_it
}

/// As long as it is there, a report that is begun has no end: of the database's own
/// doing, but for MongoDB, which is not asked before.
pub(crate) struct Slow<'p> {
    place: &'p Place,
    /// That of a transaction with a lock, in Postgres.
    lock: Option<Connection>,
    /// On the way to MongoDB.
    held: Option<Held<'p>>,
}

impl<'p> Slow<'p> {
    pub(crate) fn reports(place: &'p Place) -> Self {
        if let Some(proxy) = place.proxy() {
            return Self { place, lock: None, held: Some(proxy.hold("aggregate")) };
        }
        let mut connection = place.connect();
        if let Driver::Postgres(client) = &mut connection.driver {
            client.batch_execute("BEGIN; LOCK TABLE purchases").expect("nobody else has it");
            return Self { place, lock: Some(connection), held: None };
        }
        place.execute(&many_purchases(100_000_000_000));
        Self { place, lock: None, held: None }
    }
}

/// Reports that have waited come to their end; those that count go on.
impl Drop for Slow<'_> {
    fn drop(&mut self) {
        if self.lock.take().is_none() && self.held.take().is_none() {
            self.place.execute(
                "DROP VIEW purchases; CREATE TABLE purchases (customer_id integer, cents integer)",
            );
        }
    }
}

/// SQLite counts to so many before a report is made.
pub(crate) fn many_purchases(rows: u64) -> String {
    format!(
        "DROP TABLE purchases; CREATE VIEW purchases AS \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         SELECT i % 1000 + 1 AS customer_id, i AS cents FROM n"
    )
}

/// Then who wants the connection is not to wait for it to be opened.
fn open_one(running: &Running) {
    assert_eq!(running.get("/customers/1").status, 200);
}

const UNDER_WAY: &str = "report 1: Making the report of customer 1\n";

fn a_slow_look_up_keeps_nobody_else_waiting_unless_it_blocks(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let running = Running::fresh(server, place, &["--grace", "0.1"]);
        let _slow = Slow::reports(place);
        let _waiting = running.begin("/customers/1/report");
        running.program.until_it_says(UNDER_WAY);
        for id in 2..5 {
            assert_eq!(running.get(&format!("/customers/{id}")).status, 200);
        }
        assert_eq!(running.said("report 1: Answered"), [""; 0], "{}", server.name());
    }
}

#[cfg(unix)]
#[test]
fn a_look_up_that_blocks_keeps_everybody_waiting() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::AsyncWithBlocking, &place, &[]);
    place.execute(&many_purchases(1_000_000));
    let mut report = running.begin("/customers/1/report");
    running.program.until_it_says(UNDER_WAY);
    let mut others = [2, 3].map(|id| running.begin(&format!("/customers/{id}")));
    let replies = [report.response(), others[0].response(), others[1].response()];
    assert_eq!(replies.map(|reply| reply.status), [200; 3]);
    until("all that is said is read", || running.said("Answered").len() == 3);
    let said = running.said("Answered");
    assert_eq!(said[0], "report 1: Answered 200 OK", "{said:?}");

    running.program.signal("TERM");
    let ran = running.program.end().well();
    let told = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("report 1 held the event loop for"), "{told}");
    assert!(told.contains("customers-async-with-blocking.rs:18"), "{told}");
}

fn no_free_connection_is_503_after_a_while_and_says_so(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let args = ["--connections", "1", "--patience", "0.2", "--grace", "0.1"];
        let running = Running::fresh(server, place, &args);
        open_one(&running);
        let _slow = Slow::reports(place);
        let _waiting = running.begin("/customers/1/report");
        running.program.until_it_says(UNDER_WAY);
        let refused = running.get("/customers/2");
        let sentence =
            "the one connection to the database was taken for 0.2 s; try again in a second";
        refused.assert_problem(503, "Service Unavailable", sentence);
        assert_eq!(refused.header("retry-after"), "1");
    }
}

fn reports_leave_a_connection_to_quick_look_ups(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let options = ["--connections", "2", "--patience", "0.2", "--grace", "0.1"];
        for (kept, status) in [("1", 200), ("0", 503)] {
            let running =
                Running::fresh(server, place, &[&options[..], &["--kept", kept]].concat());
            open_one(&running);
            let _slow = Slow::reports(place);
            let _first = running.begin("/customers/1/report");
            running.program.until_it_says(UNDER_WAY);
            let second = running.begin("/customers/2/report");
            if kept == "0" {
                running.program.until_it_says("report 2: Making the report of customer 2\n");
            }
            assert_eq!(running.get("/customers/3").status, status, "{} kept {kept}", server.name());
            if kept == "1" {
                let refused = { second }.response();
                let sentence = "the one connection to the database for reports was taken for 0.2 s; \
                                try again in a second";
                refused.assert_problem(503, "Service Unavailable", sentence);
            }
        }
    }
}

fn who_hangs_up_leaves_the_connection_to_nobody_while_the_database_is_at_it(place: &Place) {
    for server in [Server::Async, Server::ThreadPool] {
        let args = ["--connections", "1", "--patience", "0.2", "--grace", "0.1"];
        let running = Running::fresh(server, place, &args);
        let slow = Slow::reports(place);
        let leaving = running.begin("/customers/1/report");
        running.program.until_it_says(UNDER_WAY);
        drop(leaving);
        for _ in 0..3 {
            assert_eq!(running.get("/customers/2").status, 503, "{}", server.name());
        }
        drop(slow);
        if !place.url.starts_with("sqlite") {
            // Its report is made, for nobody, and the next one has the connection.
            running.program.until_it_says("report 1: Answered 200 OK\n");
            until("it answers", || running.get("/customers/2").status == 200);
        }
    }
}
