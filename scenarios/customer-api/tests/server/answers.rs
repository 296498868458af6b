//! What a client asks, and what it is answered: the same by all three servers.

use customer_api::Server;
use database_test::{Place, on_both, on_mongo};
use serde_json::json;

use crate::support::{Response, Running, head};

on_both! {
    the_servers_answer_alike
    a_customer_comes_as_json_with_a_tag
    a_report_compares_a_customer_with_all_others
    a_customer_that_is_added_can_be_found
}

on_mongo! {
    the_servers_answer_alike
    a_customer_comes_as_json_with_a_tag
    a_report_compares_a_customer_with_all_others
    a_customer_that_is_added_can_be_found
}

/// Each of them over a database of its own.
fn each(place: &Place, test: impl Fn(&Running)) {
    for server in Server::ALL {
        test(&Running::fresh(server, place, &[]));
    }
}

const JSON: &str = "content-type: application/json\r\n";

fn post(running: &Running, body: &str) -> Response {
    running.request("POST", "/customers", JSON, body)
}

fn a_customer_comes_as_json_with_a_tag(place: &Place) {
    let running = Running::fresh(Server::Async, place, &[]);
    for target in ["/customers/7", "/?customer_id=7", "/?a=1&customer_id=%37"] {
        let found = running.get(target);
        assert_eq!((found.status, found.header("etag")), (200, "\"1\""), "{target}");
        assert_eq!(found.header("content-type"), "application/json");
        let wanted =
            r#"{"id":7,"name":"Goro Grove","email":"goro.grove@example.com","city":"Greywick"}"#;
        assert_eq!(found.body, wanted);
    }
    for (id, name) in [(1, "Ada Alder"), (1_000, "Noor Yew")] {
        assert_eq!(running.get(&format!("/customers/{id}")).json()["name"], name);
    }
}

fn a_report_compares_a_customer_with_all_others(place: &Place) {
    let running = Running::fresh(Server::Async, place, &[]);
    have_bought(place, &[(1, 500), (2, 300), (2, 301), (3, 500)]);
    let report = |id: u32| running.get(&format!("/customers/{id}/report")).json();
    assert_eq!(report(2), json!({ "customer_id": 2, "purchases": 2, "cents": 601, "rank": 1 }));
    assert_eq!(report(1), json!({ "customer_id": 1, "purchases": 1, "cents": 500, "rank": 2 }));
    assert_eq!(report(3), json!({ "customer_id": 3, "purchases": 1, "cents": 500, "rank": 2 }));
    assert_eq!(report(4), json!({ "customer_id": 4, "purchases": 0, "cents": 0, "rank": 4 }));
}

/// These are all purchases: whose, and for how many cents.
fn have_bought(place: &Place, purchases: &[(i64, i64)]) {
    #[cfg(feature = "mongodb")]
    if place.proxy().is_some() {
        return crate::mongo::have_bought(place, purchases);
    }
    let rows: Vec<_> =
        purchases.iter().map(|(whose, cents)| format!("({whose}, {cents})")).collect();
    place.execute(&format!(
        "DELETE FROM purchases; INSERT INTO purchases VALUES {}",
        rows.join(", ")
    ));
}

fn a_customer_that_is_added_can_be_found(place: &Place) {
    each(place, |running| {
        let added =
            post(running, r#"{"name":"Zoë O'Hara","email":"zoe@example.com","city":"Saltbay"}"#);
        assert_eq!((added.status, added.header("location")), (201, "/customers/1001"));
        let found = running.get("/customers/1001");
        assert_eq!((found.status, &found.body), (200, &added.body));
        assert_eq!(found.json()["name"], "Zoë O'Hara");
        assert_eq!(found.header("etag"), added.header("etag"));
    });
}

/// Everything that a client may see of an answer, but for the time.
fn conversation(running: &Running) -> Vec<String> {
    let customer = r#"{"name":"Zed","email":"z@x.y","city":"Saltbay"}"#;
    let tagged = |tag: &str| format!("{JSON}if-match: {tag}\r\n");
    let answers = [
        running.get("/customers/7"),
        running.get("/customers/7/report"),
        running.get("/customers/1001"),
        running.get("/customers/1001/report"),
        running.get("/customers/none"),
        running.get("/nowhere"),
        running.get("/"),
        running.request("PATCH", "/customers/7", JSON, customer),
        post(running, customer),
        post(running, "{}"),
        running.request("PUT", "/customers/7", JSON, customer),
        running.request("PUT", "/customers/7", &tagged("\"1\""), customer),
        running.request("PUT", "/customers/7", &tagged("\"1\""), customer),
        running.request("PUT", "/customers/2000", &tagged("\"1\""), customer),
        running.request("DELETE", "/customers/7", "if-match: \"1\"\r\n", ""),
        running.request("DELETE", "/customers/7", "if-match: \"2\"\r\n", ""),
        running.request("DELETE", "/customers/7", "if-match: \"2\"\r\n", ""),
        running.get("/customers/7"),
    ];
    let seen = answers.iter().map(|answer| {
        let head: Vec<&str> =
            answer.head.lines().filter(|line| !line.starts_with("date: ")).collect();
        head.join("\n") + &answer.body
    });
    seen.collect()
}

fn the_servers_answer_alike(place: &Place) {
    let talks = Server::ALL.map(|server| conversation(&Running::fresh(server, place, &[])));
    assert_eq!(talks[0], talks[1]);
    assert_eq!(talks[0], talks[2]);
    let threads = ["--threads", "3"];
    let talks = Server::ALL.map(|server| conversation(&Running::fresh(server, place, &threads)));
    assert_eq!(talks[0], talks[1]);
    assert_eq!(talks[0], talks[2]);
    let status = |answer: &String| answer.split(' ').nth(1).map(str::to_owned);
    assert_eq!(
        talks[0].iter().filter_map(status).collect::<Vec<_>>().join(" "),
        "200 200 404 404 400 404 400 405 201 400 428 200 412 404 412 204 404 404"
    );
}

/// One server for tests that leave the database as it is.
fn one() -> (Place, Running) {
    let place = Place::sqlite();
    let running = Running::fresh(Server::Async, &place, &[]);
    (place, running)
}

#[test]
fn who_is_not_there_is_404_with_a_sentence() {
    let (_place, running) = one();
    for target in ["/customers/1001", "/?customer_id=1001", "/customers/1001/report"] {
        running.get(target).assert_problem(404, "Not Found", "there is no customer 1001");
    }
    let last = "/customers/9223372036854775807";
    running.get(last).assert_problem(404, "Not Found", "there is no customer 9223372036854775807");
}

#[test]
fn an_id_that_is_missing_or_none_is_400_with_a_sentence() {
    let (_place, running) = one();
    let bad = |target: &str, sentence: &str| {
        running.get(target).assert_problem(400, "Bad Request", sentence);
    };
    for target in ["/", "/?", "/?customer=1", "/?id=1"] {
        bad(target, "customer_id is missing; say /?customer_id=1");
    }
    bad("/?customer_id=1&customer_id=1", "customer_id is given more than once");
    for id in ["x", "0", "-1", "+1", "1.5", "0x1", "9223372036854775808", "1e3"] {
        let sentence = format!("'{id}' is no customer's id; that is a whole number from 1 up");
        bad(&format!("/customers/{id}"), &sentence);
        bad(&format!("/customers/{id}/report"), &sentence);
        bad(&format!("/?customer_id={}", id.replace('+', "%2B")), &sentence);
    }
    bad("/?customer_id=", "'' is no customer's id; that is a whole number from 1 up");
    bad("/customers/%FF", "'' is no customer's id; that is a whole number from 1 up");
    let (cut, long) = ("9".repeat(40), "9".repeat(400));
    let sentence = format!("'{cut}' is no customer's id; that is a whole number from 1 up");
    bad(&format!("/customers/{long}"), &sentence);
}

#[test]
fn what_is_no_route_or_no_method_says_what_there_is() {
    let (_place, running) = one();
    for target in ["/customers/1/", "/customers/1/orders", "//", "/Customers/1"] {
        let sentence = "nothing is here; there are /customers/1, /customers/1/report, \
                        /?customer_id=1 and, to add a customer, POST /customers";
        running.get(target).assert_problem(404, "Not Found", sentence);
    }
    for (method, target, allowed) in [
        ("POST", "/customers/1", "get,head,put,delete"),
        ("GET", "/customers", "post"),
        ("PUT", "/", "get,head"),
        ("DELETE", "/customers/1/report", "get,head"),
    ] {
        let refused = running.request(method, target, "", "");
        let sentence =
            "this does not answer that method; the header Allow has those that it answers";
        refused.assert_problem(405, "Method Not Allowed", sentence);
        assert_eq!(refused.header("allow"), allowed, "{method} {target}");
    }
}

#[test]
fn a_name_of_somebody_elses_is_not_answered() {
    let (_place, running) = one();
    let request = "GET /customers/1 HTTP/1.1\r\nhost: evil.example\r\n\r\n";
    let refused = running.send(request).response();
    let sentence = "this server goes by the name of localhost and by the one it was told to listen on (--addr)";
    refused.assert_problem(421, "Misdirected Request", sentence);
}

#[test]
fn all_that_is_wrong_with_a_customer_is_told_at_once() {
    let (place, running) = one();
    let refused = post(&running, r#"{"name":"","email":"nobody","city":"Salt\u0000bay"}"#);
    refused.assert_problem(422, "Unprocessable Entity", "the customer is not as one has to be");
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    let of = |field: &str| {
        let told = errors.iter().filter(|error| error["field"] == field);
        told.map(|error| error["detail"].as_str().unwrap()).collect::<Vec<_>>().join(", ")
    };
    assert!(of("name").contains("length is lower than 1"), "{errors:?}");
    assert_eq!(of("email"), "is no address such as ada@example.com");
    assert_eq!(of("city"), "has a control character, '\\0'");
    assert_eq!(place.integer("SELECT count(*) FROM customers"), 1_000);
}

#[test]
fn a_body_that_is_no_customer_is_400_and_says_where() {
    let (_place, running) = one();
    for (body, sentence) in [
        ("", "the body is no customer: EOF while parsing a value at line 1 column 0"),
        ("{}", "the body is no customer: missing field `name` at line 1 column 2"),
        (
            r#"{"name":7}"#,
            "the body is no customer: invalid type: integer `7`, expected a string at line 1 column 9",
        ),
        (
            r#"{"id":1,"name":"A","email":"a@b","city":"C"}"#,
            "a new customer is given its id; leave it out",
        ),
    ] {
        post(&running, body).assert_problem(400, "Bad Request", sentence);
    }
    let lines = format!("{JSON}if-match: \"1\"\r\n");
    let body = r#"{"id":8,"name":"A","email":"a@b","city":"C"}"#;
    let other = running.request("PUT", "/customers/7", &lines, body);
    other.assert_problem(400, "Bad Request", "the body has the id 8 and the path 7");
}

#[test]
fn what_is_not_json_is_415() {
    let (_place, running) = one();
    let customer = r#"{"name":"A","email":"a@b","city":"C"}"#;
    for lines in ["", "content-type: text/plain\r\n", "content-type: application/jsonp\r\n"] {
        let refused = running.request("POST", "/customers", lines, customer);
        let sentence = "the body has to be JSON, with content-type: application/json";
        refused.assert_problem(415, "Unsupported Media Type", sentence);
    }
    let lines = "content-type: Application/JSON; charset=utf-8\r\n";
    assert_eq!(running.request("POST", "/customers", lines, customer).status, 201);
}

#[test]
fn a_body_that_is_too_long_is_413_however_it_comes() {
    let (_place, running) = one();
    let sentence = "the body is longer than 16384 bytes";
    let fits = format!(r#"{{"name":"A","email":"a@b","city":"C"}}{}"#, " ".repeat(16_347));
    assert_eq!(fits.len(), 16_384);
    assert_eq!(post(&running, &fits).status, 201);
    post(&running, &(fits + " ")).assert_problem(413, "Payload Too Large", sentence);

    let mut client =
        running.send(&head("POST", "/customers", &format!("{JSON}transfer-encoding: chunked\r\n")));
    client.send(&format!("4001\r\n{}\r\n", " ".repeat(0x4001)));
    client.response().assert_problem(413, "Payload Too Large", sentence);
}

#[test]
fn who_has_the_newest_is_told_so_without_a_body() {
    let (_place, running) = one();
    for (tags, status) in [
        ("\"1\"", 304),
        ("W/\"1\"", 304),
        ("\"7\", \"1\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("1", 200),
    ] {
        let found =
            running.request("GET", "/customers/1", &format!("if-none-match: {tags}\r\n"), "");
        assert_eq!((found.status, found.header("etag")), (status, "\"1\""), "{tags}");
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let (_place, running) = one();
    let mut client = running.begin("/customers/1");
    for id in 2..5 {
        assert_eq!(client.response().json()["id"], id - 1);
        client.send(&head("GET", &format!("/customers/{id}"), ""));
    }
    assert_eq!(client.response().json()["id"], 4);
}

#[test]
fn bad_options_are_refused_before_anything_is_done() {
    for args in [
        ["--addr", "localhost"],
        ["--threads", "0"],
        ["--connections", "0"],
        ["--connections", "1001"],
        ["--most-reports", "0"],
        ["--patience", "0"],
        ["--statement-timeout", "0"],
        ["--grace", "soon"],
        ["--purchases", "none"],
        ["--guess", "1"],
    ] {
        let program = env!("CARGO_BIN_EXE_customers-async");
        program_test::run(&mut program_test::command(program, &args)).assert_refuses(args[0]);
    }
}

#[cfg(not(feature = "mongodb"))]
#[test]
fn a_program_without_mongodb_says_how_to_build_one_with_it() {
    let program = env!("CARGO_BIN_EXE_customers-thread-pool");
    let mut command = program_test::command(program, &["--addr", "127.0.0.1:0"]);
    let ran = program_test::run(command.env("DATABASE_URL", "mongodb://localhost"));
    let hint =
        "build it with: cargo run -p customer-api --features mongodb --bin customers-thread-pool";
    ran.assert_fails("this program was built without MongoDB", hint);
    let help = program_test::run(&mut program_test::command(program, &["--help"]));
    assert!(!help.stdout.contains("mongodb://"), "{}", help.stdout);
}

#[cfg(feature = "mongodb")]
#[test]
fn a_program_with_mongodb_says_so_in_its_help() {
    let program = env!("CARGO_BIN_EXE_customers-thread-pool");
    let help = program_test::run(&mut program_test::command(program, &["--help"]));
    let text = help.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("as sqlite:PATH, postgres://… or mongodb://…"), "{text}");
}

#[test]
fn a_table_of_somebody_elses_is_left_alone() {
    let place = Place::sqlite();
    place.execute("CREATE TABLE customers (mine text)");
    let program = env!("CARGO_BIN_EXE_customers-async");
    let mut command = program_test::command(program, &["--addr", "127.0.0.1:0"]);
    let ran = program_test::run(command.env("DATABASE_URL", &place.url));
    ran.assert_fails("table customers already exists", "");
    assert_eq!(place.integer("SELECT count(*) FROM sqlite_schema"), 1);
}
