//! Couriers, who deliver or are asked.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use program_test::{Program, Ran, command, ok, run, stranger, until};
use serde_json::json;

use crate::support::{Running, position};

const COURIER: &str = env!("CARGO_BIN_EXE_courier");

/// A ride of some twenty positions, which takes no time.
const QUICK: [&str; 4] = ["--every", "20000", "--speed", "1000"];

fn courier(args: &[&str], secret: Option<&str>) -> std::process::Command {
    let mut command = command(COURIER, args);
    command.args(QUICK).env_remove("DELIVERY_SECRET");
    command.envs(secret.map(|secret| ("DELIVERY_SECRET", secret)));
    command
}

/// The order that a courier has said it is on the way with.
fn order(program: &Program) -> String {
    program.until_it_says("/track/");
    let order = || {
        let said = program.stdout();
        let (_, order) = said.split_once("/track/")?;
        order.split_once('\n').map(|(order, _)| order.to_owned())
    };
    until("the line is whole", || order().is_some());
    order().expect("it has just been there")
}

#[test]
fn couriers_ride_to_the_end_and_deliver_every_position() {
    let running = Running::start_with(&[], &[("DELIVERY_SECRET", "s3cret")]);
    let ran = run(&mut courier(&["--url", &running.url(), "--orders", "3"], Some("s3cret"))).well();
    let arrived = ": Arrived; positions that were not delivered: 0\n";
    assert_eq!(ran.stdout.matches(arrived).count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("\ncourier 3  "), "{}", ran.stdout);
}

#[test]
fn watchers_of_a_courier_see_it_arrive_and_go_home() {
    let running = Running::start(&[]);
    let ran =
        run(&mut courier(&["--url", &running.url(), "--orders", "2", "--watchers", "2"], None));
    let ran = ran.well();
    for number in 1..=4 {
        let said = ran.said(&format!("watcher {number}"));
        let [.., arrival, home] = said[..] else { panic!("{said:?}") };
        assert!(arrival.ends_with("Sees -23.54390, -46.64270"), "{arrival}");
        assert!(home.contains("the last of them #"), "{home}");
    }
    let ran = running.stop().well();
    let closed = "The watcher has closed, with 1000\n";
    assert_eq!(ran.stdout.matches(closed).count(), 4, "{}", ran.stdout);
}

#[test]
fn a_watcher_says_why_it_could_watch_no_longer() {
    let running = Running::start(&[]);
    let args = ["--url", &running.url(), "--watchers", "1", "--every", "60000"];
    let courier = Program::start(command(COURIER, &args).env_remove("DELIVERY_SECRET"));
    courier.until_it_says("watcher 1: Sees ");
    running.stop().well();
    let ran = courier.end();
    let told = "watcher 1: the tracker cannot be watched: it has closed the connection, with 1001: the server stops";
    ran.assert_fails(told, "look at what the tracker itself says");
}

#[test]
fn a_courier_says_what_is_in_the_way() {
    let running = Running::start_with(&[], &[("DELIVERY_SECRET", "s3cret")]);
    let fails = |ran: Ran, cause, hint| ran.assert_fails(cause, hint);
    let url = running.url();
    fails(
        run(&mut courier(&["--url", &url], None)),
        "answered 401: say Authoriz",
        "set DELIVERY_SECRET",
    );
    let nobody = program_test::nobody();
    let ran = run(&mut courier(&["--url", &nobody.url("")], None));
    fails(ran, "nobody answers", "start a tracker with cargo run --bin order-tracker");
    let other = stranger(program_test::close_after(&ok("hello")));
    fails(run(&mut courier(&["--url", &other.url("")], None)), "no order", "check that --url");
}

#[test]
fn a_courier_has_no_more_watchers_than_there_can_be() {
    for wrong in ["1000001", "18446744073709551615", "-1", "some"] {
        let ran = run(&mut courier(&[&format!("--watchers={wrong}")], None));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        let told = "a whole number is wanted, 1000000 at most";
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
}

#[test]
fn where_a_courier_cannot_wait_to_be_asked_its_own_option_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    let ran = run(&mut courier(&["--serve", &place], None));
    ran.assert_fails("the port is in use", "with --serve localhost:0");
}

#[test]
fn a_third_party_that_is_asked_reaches_watchers_like_one_that_delivers() {
    // The tracker is there first, and asks until somebody answers.
    let place = program_test::nobody().address.to_string();
    let poll = format!("http://{place}/trips");
    let running = Running::start(&["--poll", &poll, "--poll-every", "0.02"]);
    running.program.until_it_notes("the third party gives no positions: nobody answers");
    let third = Program::start(&mut courier(&["--url", &running.url(), "--serve", &place], None));
    let mut watcher = running.watch(&order(&third));
    let (mut last, mut seen) = (0, 0);
    while !third.stdout().contains("Arrived") || seen == 0 {
        let position = watcher.next();
        let sequence = position["sequence"].as_u64().unwrap();
        assert!(sequence > last && position["lat"].as_f64().unwrap() < -23.0, "{position}");
        (last, seen) = (sequence, seen + 1);
        if position["lat"] == json!(-23.5439) {
            break;
        }
    }
    running.program.until_it_notes("the third party answers again");
    third.end().well();
}

#[test]
fn of_a_third_party_that_answers_rubbish_what_is_good_is_taken() {
    let trip = |reference: &str, lat: i64, tick: u64| json!({ "reference": reference, "lat_e6": lat, "lng_e6": 0, "clock_ms": 0, "tick": tick });
    let (tell, told) = std::sync::mpsc::channel::<String>();
    let told = std::sync::Mutex::new(told);
    let order = std::sync::OnceLock::new();
    let third = stranger(move |stream: &mut TcpStream, _, before| {
        let order = order.get_or_init(|| told.lock().unwrap().recv().unwrap());
        let trips = json!({ "trips": [
            trip("nobody's", 1, 1),
            trip("0123456789abcdef0123456789abcdef", 1, 1),
            trip(order, 91_000_000, 9),
            trip(order, 2_500_000, 3),
            trip(order, i64::MIN, u64::MAX),
        ]});
        let answer = match before {
            0 => "rubbish".to_owned(),
            1 => ok("[1, 2"),
            2 => ok(&"x".repeat(2_000_000)),
            3 => "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_owned(),
            _ => ok(&trips.to_string()),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let running = Running::start(&["--poll", &third.url("/"), "--poll-every", "0.01"]);
    let opened = running.open();
    let mut watcher = running.watch(&opened);
    tell.send(opened.clone()).unwrap();
    let seen = watcher.next();
    assert_eq!((&seen["lat"], &seen["sequence"]), (&json!(2.5), &json!(3)));
    running.program.until_it_notes("the third party answers again");
    // It is asked again, tells the same, and nobody is told twice.
    let asked = third.asked();
    until("it is asked again", || third.asked() > asked + 2);
    running.deliver(&opened, &position(4));
    watcher.sees(4);
}
