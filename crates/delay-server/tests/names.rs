//! Who may read what the server answers: its own pages, and no others.

mod support;

use delay_server::{Config, Server};
use support::{address, read_to_end, send};

/// The answer to a request for this target of a server that is called so.
fn answer(server: &Server, host: &str, target: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    read_to_end(send(address(server.url()), &request))
}

#[test]
fn a_page_that_gives_its_name_our_address_reads_nothing() {
    let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
    let server = Server::start(config).expect("a free port");
    for target in ["/", "/stats", "/events", "/healthz", "/delay-me", "/nowhere"] {
        let answer = answer(&server, "evil.example:8000", target);
        assert!(answer.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{answer}");
        assert!(answer.ends_with("it was told to listen on (--addr)"), "{answer}");
    }
    assert_eq!(server.stats().rejected, 6);
    for host in ["localhost", "127.0.0.1:1", "[::1]"] {
        let answer = answer(&server, host, "/stats");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}

#[test]
fn a_character_whose_id_is_no_number_is_unknown() {
    let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
    let server = Server::start(config).expect("a free port");
    for id in ["%ff", "+1", "%2B1", "1%00", "%"] {
        let answer = answer(&server, "localhost", &format!("/api/character/{id}"));
        assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{id}: {answer}");
        assert!(answer.ends_with(r#"{"error":"Character not found"}"#), "{id}: {answer}");
    }
}

#[test]
fn an_ipv6_address_without_brackets_is_told_with_them() {
    let config = Config { addr: "::1:0".to_owned(), ..Config::default() };
    let server = Server::start(config).expect("a free port");
    assert!(server.url().starts_with("http://[::1]:"), "{}", server.url());
    let address = server.url().trim_start_matches("http://").parse().expect("an address");
    let request = "GET /healthz HTTP/1.1\r\nhost: [::1]\r\nconnection: close\r\n\r\n";
    assert!(read_to_end(send(address, request)).ends_with("ok"));
}
