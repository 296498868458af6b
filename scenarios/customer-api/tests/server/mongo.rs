//! What is to be said of MongoDB alone: how it is filled, and how it fails.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use customer_api::Server;
use database_test::Place;
use mongodb::bson::{Document, doc};
use program_test::{Program, Ran, command, run, until};

use crate::support::Running;

/// These are all purchases: whose, and for how many cents.
pub(crate) fn have_bought(place: &Place, purchases: &[(i64, i64)]) {
    place
        .client(|client| {
            client.run(async |database| {
                database.collection::<Document>("purchases").delete_many(doc! {}).await
            })
        })
        .expect("they can be removed");
    let bought = |(whose, cents): &(i64, i64)| doc! { "customer_id": *whose, "cents": *cents };
    place.insert("purchases", purchases.iter().map(bought).collect());
}

const OURS: [&str; 3] = ["counters", "customers", "purchases"];

fn server(url: &str, args: &[&str]) -> std::process::Command {
    let mut command = command(env!("CARGO_BIN_EXE_customers-async"), &["--addr", "127.0.0.1:0"]);
    command.args(args).env("DATABASE_URL", url);
    command
}

fn refused(url: &str) -> Ran {
    run(&mut server(url, &[]))
}

fn count(place: &Place, collection: &'static str) -> u64 {
    let count = place.client(|client| {
        client.run(async move |database| {
            database.collection::<Document>(collection).count_documents(doc! {}).await
        })
    });
    count.expect("they can be counted")
}

/// More than can be sent before anybody looks.
const MANY: [&str; 2] = ["--purchases", "100000000"];

/// A server that has begun to fill it.
fn filling(place: &Place) -> Program {
    let program = Program::start(&mut server(&place.url, &MANY));
    until("it fills", || {
        place.collections().iter().any(|name| name.starts_with("purchases.filling."))
    });
    program
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn mongo_reports_the_same_figures_as_sqlite() {
    let (sqlite, mongo) = (Place::sqlite(), Place::mongo());
    let [one, other] = [&sqlite, &mongo].map(|place| Running::fresh(Server::Async, place, &[]));
    for id in [1, 7, 311, 999, 1_000] {
        let target = format!("/customers/{id}");
        assert_eq!(one.get(&target).body, other.get(&target).body);
        let target = format!("/customers/{id}/report");
        assert_eq!(one.get(&target).body, other.get(&target).body);
    }
    assert_eq!(mongo.collections(), OURS);
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn mongo_ends_a_report_that_takes_too_long() {
    for server in Server::ALL {
        let place = Place::mongo();
        // The filling has no such limit.
        let args = ["--purchases", "20000", "--statement-timeout", "0.02"];
        let running = Running::start(server, &place.url, &args);
        let ended = running.get("/customers/1/report");
        let sentence = "the database has ended this, which may take 0.02 s at most; \
                        try again when there is less to do";
        ended.assert_problem(504, "Gateway Timeout", sentence);
        until("a quick one is quick enough", || running.get("/customers/2").status == 200);
    }
}

/// The limit stands in what is sent, so nothing of it comes through here.
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_mongo_that_does_not_end_it_either_is_gone() {
    for server in [Server::Async, Server::ThreadPool] {
        let place = Place::mongo();
        let running = Running::start(server, &place.url, &["--statement-timeout", "0.1"]);
        let held = place.proxy().expect("there is one to MongoDB").hold("maxTimeMS");
        let sentence = "the database is gone; try again in a few seconds";
        let gone = running.get("/customers/1/report");
        gone.assert_problem(503, "Service Unavailable", sentence);
        assert!(held.has_some());
    }
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn two_servers_at_once_fill_mongo_once() {
    let place = Place::mongo();
    let both = thread::scope(|scope| {
        let start = || Running::start(Server::Async, &place.url, &[]);
        let (one, other) = (scope.spawn(start), scope.spawn(start));
        [one, other].map(|it| it.join().expect("both start"))
    });
    assert_eq!(place.collections(), OURS);
    assert_eq!((count(&place, "customers"), count(&place, "purchases")), (1_000, 1_000));
    assert_eq!(both.map(|it| it.get("/customers/1").status), [200; 2]);
}

#[cfg(unix)]
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn an_interrupted_filling_leaves_mongo_as_it_was() {
    let place = Place::mongo();
    place.insert("orders", vec![doc! { "of": "another" }]);
    let program = filling(&place);
    program.signal("INT");
    let ran = program.end();
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(ran.stderr.contains("the database holds what it held before"), "{}", ran.stderr);
    assert_eq!(place.collections(), ["orders"]);
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn what_a_killed_filling_has_left_in_mongo_is_cleared_by_the_next() {
    let place = Place::mongo();
    filling(&place).kill();
    assert!(!place.collections().iter().any(|name| OURS.contains(&name.as_str())));
    let running = Running::start(Server::Async, &place.url, &[]);
    assert_eq!(running.get("/customers/1000").status, 200);
    assert_eq!(place.collections(), OURS);
    assert_eq!(count(&place, "purchases"), 1_000);
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_holder_of_mongo_gives_the_lock_back_when_no_beat_is_under_way() {
    let place = Place::mongo();
    // It takes several beats, and not many.
    let program = Program::start(&mut server(&place.url, &["--purchases", "40000"]));
    let held = place.proxy().expect("there is one to MongoDB").hold("$inc");
    until("it counts on", || held.has_some());
    until("the names are given", || place.collections().contains(&"purchases".to_owned()));
    // What it does next would be done by now.
    thread::sleep(Duration::from_millis(200));
    drop(held);
    program.until_it_says("Listening");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(place.collections(), OURS);
}

/// As one leaves it that is killed between the first new name and the last.
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn what_a_killed_filling_of_mongo_has_begun_to_rename_is_renamed_by_the_next() {
    let place = Place::mongo();
    drop(Running::start(Server::Async, &place.url, &[]));
    place.insert("purchases", vec![doc! { "customer_id": 1_i64, "cents": 1_i64 }]);
    let killed = "0123456789abcdef01234567";
    let note = doc! { "_id": 0, "holder": killed, "beats": 7_i64, "publishes": killed };
    place.insert("customer-api.filling", vec![note]);
    let renamed = place.client(|client| {
        client.run(async move |database| {
            let name = database.name();
            let from = format!("{name}.customers");
            let to = format!("{name}.customers.filling.{killed}");
            let back = doc! { "renameCollection": from, "to": to };
            database.client().database("admin").run_command(back).await
        })
    });
    renamed.expect("a collection can be renamed");
    let running = Running::start(Server::Async, &place.url, &[]);
    assert_eq!(running.get("/customers/1000").status, 200);
    assert_eq!(place.collections(), OURS);
    assert_eq!(count(&place, "purchases"), 1_001, "nothing was filled again");
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_collection_of_somebody_elses_in_mongo_is_left_alone() {
    let place = Place::mongo();
    place.insert("customers", vec![doc! { "mine": "yes" }]);
    refused(&place.url).assert_fails("collection customers already exists", "");
    assert_eq!((place.collections(), count(&place, "customers")), (vec!["customers".into()], 1));
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_wrong_password_for_mongo_is_told_and_not_repeated() {
    let place = Place::mongo();
    let url = place.url.replace("://", "://nobody:open-sesame@");
    let ran = refused(&url);
    ran.assert_fails("does not let you in", "check the user and the password in DATABASE_URL");
    assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
}

/// A change is on its way when the connection ends. The driver of a server that is no
/// replica set does not make it again, and nor does anybody else.
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_change_that_may_have_been_made_in_mongo_is_not_made_again() {
    for server in Server::ALL {
        let place = Place::mongo();
        let running = Running::fresh(server, &place, &[]);
        assert_eq!(running.rename(1, "\"1\"", "First").status, 200);
        let proxy = place.proxy().expect("it has one");
        let held = proxy.hold("findAndModify");
        let refused = thread::scope(|scope| {
            let change = scope.spawn(|| running.rename(1, "\"2\"", "Second"));
            until("it is on its way", || held.has_some());
            proxy.cut();
            change.join().expect("there is an answer")
        });
        drop(held);
        let sentence = "the database is gone, and whether it has made the change is not known; \
                        look at it in a few seconds";
        refused.assert_problem(503, "Service Unavailable", sentence);
        assert_eq!(running.rename(1, "\"2\"", "Second").status, 200);
    }
}

#[test]
fn mongo_that_is_not_there_is_told_with_what_to_do() {
    let nobody = program_test::nobody().url("").replace("http://", "mongodb://");
    let ran = refused(nobody.trim_end_matches('/'));
    ran.assert_fails("nobody answers at mongodb://", "start the server that DATABASE_URL names");
    let ran = refused("mongodb://no-such-host.invalid");
    ran.assert_fails("nobody answers at mongodb://no-such-host.invalid:27017/customers_db", "");
}

#[test]
fn a_mongo_that_says_nothing_is_given_up_when_the_url_says_so() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let ran = refused(&format!("mongodb://{address}/?serverSelectionTimeoutMS=500"));
    ran.assert_fails("has not answered for 0.5 s", "serverSelectionTimeoutMS");
}

#[test]
fn a_url_of_mongo_that_needs_a_look_up_or_cannot_be_read_is_told() {
    let ran = refused("mongodb+srv://me:secret@example.com/customers");
    ran.assert_fails("has to be looked up in the DNS", "mongodb://HOST:PORT");
    let ran = refused("mongodb://me:sec:ret@localhost:what");
    ran.assert_fails("the database's URL cannot be read", "mongodb://");
    assert!(!ran.stderr.contains("ret@"), "{}", ran.stderr);
}
