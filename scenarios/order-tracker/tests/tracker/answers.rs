//! What is asked, and what it is answered.

use program_test::{command, run};
use serde_json::json;

use crate::support::{JSON, Running, per_watcher, position, tracker};

const NOWHERE: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_new_order_has_an_id_of_its_own_and_a_link() {
    let running = Running::start(&[]);
    let opened = running.request("POST", "/orders", "", "");
    let order = opened.json()["order"].as_str().unwrap().to_owned();
    let is_hex = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
    assert!(order.len() == 32 && order.chars().all(is_hex), "{order}");
    assert_eq!(opened.header("location"), format!("/track/{order}"));
    assert_eq!(opened.json()["link"], format!("http://localhost/track/{order}"));
    assert_ne!(running.open(), order);
}

#[test]
fn a_watcher_sees_each_position_as_it_was_delivered() {
    let running = Running::start(&[]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    for sequence in 0..3 {
        running.take(&order, sequence);
        watcher.sees(sequence);
    }
}

#[test]
fn who_comes_late_sees_the_last_position_at_once() {
    let running = Running::start(&[]);
    let order = running.open();
    running.take(&order, 1);
    running.take(&order, 7);
    running.watch(&order).sees(7);
}

#[test]
fn an_older_position_is_accepted_and_seen_by_nobody() {
    let running = Running::start(&[]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    running.take(&order, 5);
    watcher.sees(5);
    for sequence in [4, 5, 0] {
        let answer = running.deliver(&order, &position(sequence));
        assert_eq!((answer.status, answer.json()), (202, json!({ "taken": false })));
    }
    running.take(&order, 6);
    watcher.sees(6);
    running.watch(&order).sees(6);
}

#[test]
fn watchers_see_their_own_order_and_no_other() {
    let running = Running::start(&[]);
    let [one, other] = [running.open(), running.open()];
    let mut watcher = running.watch(&one);
    running.take(&other, 1);
    running.take(&one, 2);
    watcher.sees(2);
}

#[test]
fn an_order_that_is_not_there_is_404_with_a_sentence() {
    let running = Running::start(&[]);
    let long = "0".repeat(1000);
    for order in [NOWHERE, "1", "%FF", &NOWHERE.to_uppercase(), &long] {
        let sentence = "there is no such order; it may be over";
        let delivered = running.deliver(order, &position(1));
        delivered.assert_problem(404, "Not Found", sentence);
        running.no_watcher(order, "").assert_problem(404, "Not Found", sentence);
    }
}

#[test]
fn who_delivers_has_to_know_the_secret_and_who_watches_has_not() {
    let running = Running::start_with(&[], &[("DELIVERY_SECRET", "s3cret")]);
    let known = "authorization: Bearer s3cret\r\n";
    let opened = running.request("POST", "/orders", known, "");
    let order = opened.json()["order"].as_str().unwrap().to_owned();
    let target = format!("/orders/{order}/position");
    let body = position(1).to_string();
    for wrong in ["", "authorization: Bearer s3cre\r\n", "authorization: Basic s3cret\r\n"] {
        let sentence =
            "say Authorization: Bearer SECRET, with the secret that the server was started with";
        let refused = running.request("POST", "/orders", wrong, "");
        refused.assert_problem(401, "Unauthorized", sentence);
        assert_eq!(refused.header("www-authenticate"), "bearer");
        let refused = running.request("POST", &target, &format!("{JSON}{wrong}"), &body);
        refused.assert_problem(401, "Unauthorized", sentence);
    }
    let taken = running.request("POST", &target, &format!("{JSON}{known}"), &body);
    assert_eq!(taken.status, 202);
    running.watch(&order).sees(1);
    let ran = running.stop();
    assert!(!ran.stdout.contains("s3cret") && !ran.stdout.contains(&order), "{}", ran.stdout);
}

#[test]
fn a_position_where_nobody_can_have_been_is_422() {
    let running = Running::start(&[]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    for (part, value, sentence) in [
        ("lat", json!(91), "the latitude is 91, and not from -90 to 90"),
        ("lon", json!(-180.5), "the longitude is -180.5, and not from -180 to 180"),
        (
            "at",
            json!("9999-01-01T00:00:00Z"),
            "the position is of 9999-01-01T00:00:00Z, which is in the future",
        ),
        (
            "sequence",
            json!(9_007_199_254_740_992_u64),
            "the sequence is 9007199254740992, and not 9007199254740991 at most",
        ),
    ] {
        let mut wrong = position(1);
        wrong[part] = value;
        let refused = running.deliver(&order, &wrong);
        refused.assert_problem(422, "Unprocessable Entity", sentence);
    }
    running.take(&order, 2);
    watcher.sees(2);
}

#[test]
fn what_is_no_position_is_refused_and_says_why() {
    let running = Running::start(&[]);
    let order = running.open();
    let target = format!("/orders/{order}/position");
    for body in ["", "{}", "[]", "null", "{\"lat\":", "\u{0}", r#"{"lat":"1"}"#] {
        let refused = running.request("POST", &target, JSON, body);
        assert_eq!(refused.status, 400, "{body}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("the body is no position: "), "{detail}");
    }
    let mut more = position(1);
    more["courier"] = json!("me");
    assert_eq!(running.deliver(&order, &more).status, 400);
    let long = format!("{}{}", position(1), " ".repeat(2048));
    running.request("POST", &target, JSON, &long).assert_problem(
        413,
        "Payload Too Large",
        "the body is longer than 2048 bytes",
    );
    running.request("POST", &target, "", &position(1).to_string()).assert_problem(
        415,
        "Unsupported Media Type",
        "the body has to be JSON, with content-type: application/json",
    );
}

#[test]
fn a_page_of_somebody_elses_is_refused() {
    let running = Running::start(&[]);
    let order = running.open();
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        let line = format!("origin: {origin}\r\n");
        let sentence = "this server answers its own pages and programs, and no page of another's";
        running.no_watcher(&order, &line).assert_problem(403, "Forbidden", sentence);
        running.request("POST", "/orders", &line, "").assert_problem(403, "Forbidden", sentence);
    }
    assert_eq!(running.no_watcher(&order, "origin: http://localhost\r\n").status, 101);
    let other = running.request("POST", "/orders", "host: evil.example\r\n", "");
    assert_eq!(other.status, 421);
}

#[test]
fn what_is_no_route_method_or_websocket_says_what_there_is() {
    let running = Running::start(&[]);
    let order = running.open();
    let sentence = "nothing is here; there are POST /orders, POST /orders/ID/position, the page \
                    /track/ID and the WebSocket /ws/orders/ID";
    running.request("GET", "/", "", "").assert_problem(404, "Not Found", sentence);
    let refused = running.request("GET", "/orders", "", "");
    assert_eq!((refused.status, refused.header("allow")), (405, "post"));
    let refused = running.request("GET", &format!("/ws/orders/{order}"), "", "");
    let sentence = "this is a WebSocket: ask for it by GET, with Upgrade: websocket";
    refused.assert_problem(426, "Upgrade Required", sentence);
    assert_eq!(refused.header("upgrade"), "websocket");
    let lines = "connection: upgrade\r\nupgrade: websocket\r\n";
    let refused = running.request("GET", &format!("/ws/orders/{order}"), lines, "");
    assert_eq!(refused.status, 400);
}

#[test]
fn there_are_so_many_orders_and_watchers_and_no_more() {
    let running = Running::start(&["--orders", "1", "--watchers", "1"]);
    let order = running.open();
    let refused = running.request("POST", "/orders", "", "");
    let sentence = "there are as many orders as there may be, 1; try again later";
    refused.assert_problem(503, "Service Unavailable", sentence);
    let watcher = running.watch(&order);
    let sentence = "this order has as many watchers as it may have, 1; try again later";
    let refused = running.no_watcher(&order, "");
    refused.assert_problem(503, "Service Unavailable", sentence);
    drop(watcher);
    program_test::until("its place is free", || running.no_watcher(&order, "").status == 101);
}

#[test]
fn an_instance_has_so_many_watchers_whatever_they_watch_and_no_more() {
    let running = Running::start(&["--sockets", "2"]);
    let orders = [running.open(), running.open(), running.open()];
    let mut watchers = [running.watch(&orders[0]), running.watch(&orders[1])];
    let sentence = "this instance has as many watchers as it may have, 2; try again later";
    for order in &orders {
        let refused = running.no_watcher(order, "");
        refused.assert_problem(503, "Service Unavailable", sentence);
        assert_eq!(refused.header("retry-after"), "60");
    }
    // Who delivers is none of them, nor is who asks for an order that is none.
    running.take(&orders[0], 1);
    watchers[0].sees(1);
    drop(watchers);
    program_test::until("their places are free", || {
        running.no_watcher(NOWHERE, "").status == 404
            && running.no_watcher(&orders[2], "").status == 101
    });
}

#[test]
fn without_a_secret_it_listens_to_nobody_but_this_machine() {
    let program = env!("CARGO_BIN_EXE_order-tracker");
    let start = |secret: Option<&str>| {
        let mut command = command(program, &["--addr", "0.0.0.0:0"]);
        command.env_remove("REDIS_URL").env_remove("DELIVERY_SECRET");
        run(command.envs(secret.map(|secret| ("DELIVERY_SECRET", secret))))
    };
    start(None).assert_fails("could deliver any position", "set DELIVERY_SECRET");
    for empty in ["", "a b", "ü"] {
        start(Some(empty))
            .assert_fails("DELIVERY_SECRET has to be of visible", "set DELIVERY_SECRET");
    }
}

#[test]
fn a_redis_that_is_none_is_an_error_that_hides_its_password() {
    let nobody = program_test::nobody();
    let program = env!("CARGO_BIN_EXE_order-tracker");
    for url in ["", "http://localhost", "nonsense", &format!("redis://:hush@{}", nobody.address)] {
        let mut command = command(program, &["--addr", "127.0.0.1:0"]);
        let ran = run(command.env("REDIS_URL", url));
        ran.assert_fails("Redis", "to serve one instance only");
        assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    }
}

#[test]
fn a_cluster_of_which_no_node_answers_is_an_error_that_hides_its_password() {
    let (one, other) = (program_test::nobody(), program_test::nobody());
    let url = format!("redis://:hush@{},redis://:hush@{}", one.address, other.address);
    let ran = run(tracker(&[]).env("REDIS_URL", &url));
    ran.assert_fails("no Redis Cluster that can be used is at", "start the cluster's nodes");
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    let ran = run(tracker(&[]).env("REDIS_URL", "redis://localhost:7001,,"));
    ran.assert_fails("REDIS_URL is no address of a Redis", "set it to one such as");
}

#[test]
fn with_a_connection_per_watcher_it_needs_one_redis_and_says_so() {
    let ran = run(&mut per_watcher(&[]));
    ran.assert_fails("REDIS_URL is not set", "set it to an address such as redis://localhost:6379");
    let several = "redis://localhost:7001,redis://localhost:7002";
    let ran = run(per_watcher(&[]).env("REDIS_URL", several));
    ran.assert_fails("REDIS_URL names several nodes", "run order-tracker");
}

#[test]
fn bad_options_are_refused_before_anything_is_done() {
    for args in [
        ["--addr", "localhost"],
        ["--orders", "0"],
        ["--watchers", "0"],
        ["--sockets", "0"],
        ["--frame", "124"],
        ["--idle", "0"],
        ["--lifetime", "0"],
        ["--poll", "localhost:9000"],
        ["--guess", "1"],
    ] {
        let program = env!("CARGO_BIN_EXE_order-tracker");
        run(&mut command(program, &args)).assert_refuses(args[0]);
    }
}
