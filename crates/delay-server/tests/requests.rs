//! What a client asks, and what it is answered.

mod support;

use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use delay_server::{Config, Server, Stats};
use program_test::until;

use support::{address, begin_wait, config, get, read_response, read_to_end, request, send, start};

#[test]
fn the_reply_repeats_the_seconds_as_they_were_written() {
    let server = start();
    for seconds in ["0", "0.0", "00", "0.010", ".01", "0."] {
        let response = get(&server, &format!("/delay-me?seconds={seconds}"));
        assert_eq!(response.status, 200);
        assert_eq!(response.body, format!("Done, I waited for {seconds} secs"));
        assert!(response.head.contains("content-type: text/plain; charset=utf-8"));
    }
}

#[test]
fn seconds_left_out_are_zero() {
    let server = start();
    for target in ["/delay-me", "/delay-me?", "/delay-me?other=1"] {
        assert_eq!(get(&server, target).body, "Done, I waited for 0 secs", "{target}");
    }
}

#[test]
fn seconds_may_stand_among_others_and_be_percent_encoded() {
    let server = start();
    let response = get(&server, "/delay-me?a=1&seconds=%30.0&b=seconds");
    assert_eq!(response.body, "Done, I waited for 0.0 secs");
}

#[test]
fn bad_seconds_are_refused_with_what_is_allowed() {
    let not_a_number = "seconds is not a plain number";
    let server = start();
    let cases = [
        ("seconds=", not_a_number),
        ("seconds", not_a_number),
        ("seconds=.", not_a_number),
        ("seconds=1.2.3", not_a_number),
        ("seconds=abc", not_a_number),
        ("seconds=2s", not_a_number),
        ("seconds=1,5", not_a_number),
        ("seconds=-1", not_a_number),
        ("seconds=%2B1", not_a_number),
        ("seconds=+1", not_a_number),
        ("seconds=1e2", not_a_number),
        ("seconds=nan", not_a_number),
        ("seconds=inf", not_a_number),
        ("seconds=%D9%A1", not_a_number),
        ("seconds=%FF", not_a_number),
        ("seconds=300.001", "seconds is too many"),
        ("seconds=99999999999999999999", "seconds is too many"),
        (&format!("seconds={}", "9".repeat(400)), "seconds is too many"),
        ("seconds=1&seconds=1", "seconds is given more than once"),
    ];
    for (query, reason) in cases {
        let response = get(&server, &format!("/delay-me?{query}"));
        assert_eq!(response.status, 400, "{query}");
        let sentence = format!("{reason}; it must be one decimal number from 0 to 300");
        assert_eq!(response.body, sentence, "{query}");
        assert!(response.head.contains("content-type: text/plain"));
    }
    assert_eq!(server.stats().rejected, cases.len() as u64);
}

#[test]
fn the_maximum_itself_may_be_asked_for() {
    let server = Server::start(Config { max_seconds: 0.05, ..config() }).unwrap();
    assert_eq!(get(&server, "/delay-me?seconds=0.05").status, 200);
    let refused = get(&server, "/delay-me?seconds=0.051");
    assert_eq!(refused.status, 400);
    assert!(refused.body.ends_with("from 0 to 0.05"), "{}", refused.body);
}

#[test]
fn an_unknown_route_is_404_and_names_the_known_ones() {
    let server = start();
    for target in ["//", "/delay", "/delay-me/", "/DELAY-ME", "/delay-me/2"] {
        let response = get(&server, target);
        assert_eq!(response.status, 404, "{target}");
        assert!(response.body.contains("/delay-me?seconds=2, /api/character/1?delay=2, /stats"));
    }
}

#[test]
fn another_method_is_405_and_names_the_allowed_one() {
    let server = start();
    let address = address(server.url());
    for target in ["/", "/events", "/delay-me?seconds=0", "/stats", "/healthz"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let request = format!(
                "{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
            );
            let response = read_response(&mut send(address, &request));
            assert_eq!(response.status, 405, "{method} {target}");
            assert!(response.head.contains("allow: get,head\r\n"));
            assert!(response.body.contains("GET"));
        }
    }
}

#[test]
fn one_request_too_many_is_503_until_a_place_is_free() {
    let server = Server::start(Config { max_in_flight: 2, ..config() }).unwrap();
    let address = address(server.url());
    let waiting = [begin_wait(address, "60"), begin_wait(address, "60")];
    until("two wait", || server.stats().in_flight == 2);

    let refused = get(&server, "/delay-me?seconds=0");
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1\r\n"));
    assert!(refused.body.starts_with("2 requests are waiting"), "{}", refused.body);
    assert_eq!(get(&server, "/stats").status, 200);

    drop(waiting);
    until("a place is free", || get(&server, "/delay-me?seconds=0").status == 200);
}

#[test]
fn a_client_that_hangs_up_frees_its_place_at_once() {
    let server = start();
    let waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    drop(waiting);
    until("its place is free", || server.stats().in_flight == 0);
    let expected = Stats { most_in_flight: 1, given_up: 1, ..Stats::default() };
    assert_eq!(server.stats(), expected);
}

#[test]
fn most_in_flight_stays_when_the_requests_have_gone() {
    let server = start();
    let address = address(server.url());
    let waiting: Vec<_> = (0..3).map(|_| begin_wait(address, "60")).collect();
    until("three wait", || server.stats().in_flight == 3);
    drop(waiting);
    until("none waits", || server.stats().in_flight == 0);
    get(&server, "/delay-me?seconds=0");
    assert_eq!(server.stats().most_in_flight, 3);
}

#[test]
fn the_figures_are_served_as_json() {
    let server = start();
    let _waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    get(&server, "/delay-me?seconds=0");
    get(&server, "/delay-me?seconds=no");

    let response = get(&server, "/stats");
    assert!(response.head.contains("content-type: application/json\r\n"));
    assert_eq!(
        response.body,
        r#"{"in_flight":1,"most_in_flight":2,"answered":1,"rejected":1,"given_up":0}"#
    );
}

#[test]
fn the_page_is_html_and_may_ask_nobody_else() {
    let server = start();
    let page = get(&server, "/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html; charset=utf-8\r\n"));
    assert!(page.head.contains("content-security-policy: default-src 'none'; connect-src 'self';"));
    // Every address in it is inside the page or on this server.
    for (place, _) in page.body.match_indices("://") {
        assert!(page.body[..place].ends_with("xmlns='http"), "{}", &page.body[place - 9..]);
    }
}

#[test]
fn looking_at_the_server_does_not_change_its_figures() {
    let server = start();
    assert_eq!(get(&server, "/healthz").body, "ok");
    get(&server, "/stats");
    get(&server, "/");
    let _watching = send(address(server.url()), "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    get(&server, "/healthz");
    assert_eq!(server.stats(), Stats::default());
}

#[test]
fn replies_arrive_shortest_first() {
    let server = start();
    let address = address(server.url());
    let replies = std::thread::scope(|scope| {
        let (sender, replies) = std::sync::mpsc::channel();
        for seconds in ["1.0", "0.2", "0.6"] {
            let sender = sender.clone();
            scope.spawn(move || {
                let response = read_response(&mut begin_wait(address, seconds));
                sender.send(response.body)
            });
        }
        drop(sender);
        replies.into_iter().collect::<Vec<_>>()
    });
    let expected = ["0.2", "0.6", "1.0"].map(|n| format!("Done, I waited for {n} secs"));
    assert_eq!(replies, expected);
}

#[test]
fn localhost_is_ipv4_and_ipv6_on_the_same_port() {
    let server = start();
    let v4 = address(server.url());
    assert_eq!(request(v4, "GET", "/healthz").body, "ok");
    // On a machine without IPv6 the server makes do with IPv4.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, v4.port()));
        assert_eq!(request(v6, "GET", "/healthz").body, "ok");
    }
}

#[test]
fn a_client_of_http_1_0_is_answered_and_let_go() {
    let server = start();
    let stream = send(address(server.url()), "GET /delay-me?seconds=0 HTTP/1.0\r\n\r\n");
    let text = read_to_end(stream);
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nDone, I waited for 0 secs"), "{text}");
}

#[test]
fn a_client_that_wants_to_be_let_go_is_let_go() {
    let server = start();
    // As Python's urllib writes it.
    let stream = send(
        address(server.url()),
        "GET /delay-me?seconds=0.0 HTTP/1.1\r\nAccept-Encoding: identity\r\nHost: localhost:8000\r\n\
         User-Agent: Python-urllib/3.12\r\nConnection: close\r\n\r\n",
    );
    let text = read_to_end(stream);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nDone, I waited for 0.0 secs"), "{text}");
}

#[test]
fn one_connection_serves_many_requests() {
    let server = start();
    let mut stream = begin_wait(address(server.url()), "0");
    for seconds in ["0.0", "0.00", "nonsense", "0"] {
        let expected = read_response(&mut stream);
        assert!([200, 400].contains(&expected.status));
        let request =
            format!("GET /delay-me?seconds={seconds} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    }
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0 secs");
    assert_eq!(server.stats().answered, 4);
    assert_eq!(server.stats().rejected, 1);
}

#[test]
fn a_plain_request_is_answered_as_any_other() {
    let server = start();
    let head = |headers: &str| {
        let request =
            format!("GET /delay-me?seconds=0 HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let head = read_response(&mut send(address(server.url()), &request)).head;
        let lines = head.lines().map(|line| match line.split_once(": ") {
            Some(("date", date)) => format!("date of {} characters", date.len()),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>()
    };
    let plain = head("");
    assert_eq!(plain, head("connection: keep-alive\r\n"));
    assert_eq!(plain.iter().filter(|line| line.starts_with("date of 29 ")).count(), 1);
}

#[test]
fn requests_that_are_sent_together_are_answered_one_after_another() {
    let server = start();
    let mut two = String::new();
    for seconds in ["0.2", "0.1"] {
        two += &format!("GET /delay-me?seconds={seconds} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
    let mut stream = send(address(server.url()), &two);
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.2 secs");
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.1 secs");
    assert_eq!(server.stats().most_in_flight, 1);
}

#[test]
fn a_request_that_is_sent_while_another_waits_is_answered_after_it() {
    let server = start();
    let mut stream = begin_wait(address(server.url()), "0.3");
    until("it waits", || server.stats().in_flight == 1);
    let next = b"GET /delay-me?seconds=0.1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    std::io::Write::write_all(&mut stream, next).unwrap();
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.3 secs");
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.1 secs");
    assert_eq!(server.stats().answered, 2);
}

#[test]
fn a_request_that_comes_in_pieces_is_answered() {
    let server = start();
    let mut stream = send(address(server.url()), "GET /delay-me?seconds=0.0");
    for piece in ["1 HTTP/1.1\r\nho", "st: localhost\r\n", "\r\n"] {
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::io::Write::write_all(&mut stream, piece.as_bytes()).unwrap();
    }
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.01 secs");
    assert_eq!(server.stats().answered, 1);
}

#[test]
fn a_request_for_the_head_alone_waits_as_well() {
    let server = start();
    let request = "HEAD /delay-me?seconds=0.2 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut stream = send(address(server.url()), request);
    until("it waits", || server.stats().in_flight == 1);
    let last = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, last).unwrap();
    let text = read_to_end(stream);
    let (head, next) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(head.contains("content-length: 27"), "{text}");
    assert!(next.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert_eq!(server.stats().answered, 1);
}

#[test]
fn a_body_that_nobody_wants_does_not_keep_a_request_from_waiting() {
    let server = start();
    let request =
        "GET /delay-me?seconds=0.1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello";
    let mut stream = send(address(server.url()), request);
    assert_eq!(read_response(&mut stream).body, "Done, I waited for 0.1 secs");
    assert_eq!(server.stats().answered, 1);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let server = start();
    let large = "x".repeat(9 * 1024);
    let request = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nlarge: {large}\r\n\r\n");
    let text = read_to_end(send(address(server.url()), &request));
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
}

#[test]
fn what_is_not_http_is_refused() {
    let server = start();
    let text = read_to_end(send(address(server.url()), "hello?\r\n\r\n"));
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
    assert_eq!(get(&server, "/healthz").status, 200);
}

#[test]
fn an_ordinary_client_library_gets_its_reply_from_localhost() {
    let server = start();
    let url = format!("{}/delay-me?seconds=0.01", server.url());
    let body = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(body, "Done, I waited for 0.01 secs");
}
