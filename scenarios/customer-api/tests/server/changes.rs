//! No change is made over one that nobody has looked at.

use std::thread;

use customer_api::Server;
use database_test::{Place, on_both, on_mongo};

use crate::support::Running;

on_both! {
    of_two_who_saw_the_same_the_second_is_refused
    of_many_at_once_exactly_one_is_first
    what_was_removed_is_gone_and_its_id_is_not_given_again
}

on_mongo! {
    of_two_who_saw_the_same_the_second_is_refused
    of_many_at_once_exactly_one_is_first
    what_was_removed_is_gone_and_its_id_is_not_given_again
}

fn of_two_who_saw_the_same_the_second_is_refused(place: &Place) {
    for server in Server::ALL {
        let running = Running::fresh(server, place, &[]);
        let seen = running.get("/customers/7").header("etag").to_owned();
        let first = running.rename(7, &seen, "First");
        assert_eq!((first.status, first.header("etag")), (200, "\"2\""));

        let sentence =
            "the customer's ETag is \"2\", and not the one in If-Match; look at it again";
        running.rename(7, &seen, "Second").assert_problem(412, "Precondition Failed", sentence);
        let lines = format!("if-match: {seen}\r\n");
        let removed = running.request("DELETE", "/customers/7", &lines, "");
        removed.assert_problem(412, "Precondition Failed", sentence);

        assert_eq!(running.get("/customers/7").json()["name"], "First");
        assert_eq!(running.rename(7, "\"2\"", "Second").status, 200);
    }
}

fn of_many_at_once_exactly_one_is_first(place: &Place) {
    for server in Server::ALL {
        let running = Running::fresh(server, place, &["--threads", "2", "--patience", "60"]);
        let statuses = thread::scope(|scope| {
            let one = |number| running.rename(1, "\"1\"", &format!("Name {number}"));
            let threads: Vec<_> =
                (0..20).map(|number| scope.spawn(move || one(number).status)).collect();
            let statuses =
                threads.into_iter().map(|thread| thread.join().expect("it does not panic"));
            statuses.collect::<Vec<_>>()
        });
        let of = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((of(200), of(412)), (1, 19), "{statuses:?}");
        assert_eq!(running.get("/customers/1").header("etag"), "\"2\"");
    }
}

#[test]
fn without_a_version_nothing_is_changed() {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &[]);
    let body = r#"{"name":"A","email":"a@b","city":"C"}"#;
    let wanted = "say in If-Match which ETag you have seen, as GET told it, so that no change of another's is lost";
    for (lines, status, title, sentence) in [
        ("", 428, "Precondition Required", wanted),
        ("if-match: *\r\n", 428, "Precondition Required", wanted),
        ("if-match: 1\r\n", 400, "Bad Request", "If-Match has to hold one ETag, such as \"1\""),
    ] {
        let json = format!("{lines}content-type: application/json\r\n");
        let changed = running.request("PUT", "/customers/1", &json, body);
        changed.assert_problem(status, title, sentence);
        let removed = running.request("DELETE", "/customers/1", lines, "");
        removed.assert_problem(status, title, sentence);
    }
    assert_eq!(running.get("/customers/1").header("etag"), "\"1\"");
}

fn what_was_removed_is_gone_and_its_id_is_not_given_again(place: &Place) {
    let running = Running::fresh(Server::Async, place, &[]);
    let tag = "if-match: \"1\"\r\n";
    assert_eq!(running.request("DELETE", "/customers/1000", tag, "").status, 204);
    let again = running.request("DELETE", "/customers/1000", tag, "");
    again.assert_problem(404, "Not Found", "there is no customer 1000");
    assert_eq!(running.get("/customers/1000").status, 404);
    let body = r#"{"name":"A","email":"a@b","city":"C"}"#;
    let json = "content-type: application/json\r\n";
    let added = running.request("POST", "/customers", json, body);
    assert_eq!(added.header("location"), "/customers/1001");
}
