//! Starting and stopping a server from within a program.

mod support;

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use delay_server::{Config, Server, StartError};
use program_test::until;

use support::{address, begin_wait, config, get, read_response, read_to_end, send, start};

#[test]
fn the_url_has_the_host_that_was_asked_for_and_the_port_that_was_free() {
    for (addr, prefix) in [
        ("localhost:0", "http://localhost:"),
        ("127.0.0.1:0", "http://127.0.0.1:"),
        ("0.0.0.0:0", "http://localhost:"),
    ] {
        let server = Server::start(Config { addr: addr.to_owned(), ..config() }).unwrap();
        let port = server.url().strip_prefix(prefix).unwrap_or_else(|| panic!("{}", server.url()));
        assert_ne!(port.parse::<u16>().unwrap(), 0);
        assert_eq!(get(&server, "/healthz").body, "ok", "{addr}");
    }
}

#[test]
fn stopping_lets_a_waiting_request_finish() {
    let server = start();
    let mut waiting = begin_wait(address(server.url()), "0.3");
    until("it waits", || server.stats().in_flight == 1);
    server.stop();
    assert_eq!(read_response(&mut waiting).body, "Done, I waited for 0.3 secs");
}

#[test]
fn stopping_drops_what_does_not_finish_within_the_grace_period() {
    let server = Server::start(Config { grace: Duration::from_millis(50), ..config() }).unwrap();
    let waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    server.stop();
    assert_eq!(read_to_end(waiting), "");
}

#[test]
fn stopping_does_not_wait_for_clients_that_ask_nothing() {
    let server = Server::start(Config { grace: Duration::from_secs(3600), ..config() }).unwrap();
    let address = address(server.url());
    let silent = TcpStream::connect(address).unwrap();
    let mut idle = begin_wait(address, "0");
    read_response(&mut idle);
    let start = Instant::now();
    server.stop();
    // Well before the time-out that would end these connections anyway.
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(read_to_end(silent), "");
    assert_eq!(read_to_end(idle), "");
}

#[test]
fn a_stopped_server_refuses_connections() {
    let server = start();
    let address = address(server.url());
    server.stop();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn dropping_a_server_drops_its_waiting_requests() {
    let server = Server::start(Config { grace: Duration::from_secs(3600), ..config() }).unwrap();
    let waiting = begin_wait(address(server.url()), "60");
    until("it waits", || server.stats().in_flight == 1);
    drop(server);
    assert_eq!(read_to_end(waiting), "");
}

#[test]
fn a_server_may_start_where_one_has_just_stopped() {
    let server = start();
    let addr = server.url().trim_start_matches("http://").to_owned();
    // The side that closes first, here the server, keeps the port for a while.
    read_to_end(send(address(server.url()), "GET /healthz HTTP/1.0\r\n\r\n"));
    server.stop();
    let server = Server::start(Config { addr, ..config() }).unwrap();
    assert_eq!(get(&server, "/healthz").body, "ok");
}

#[tokio::test]
async fn a_server_may_be_started_and_stopped_by_async_code() {
    let server = start();
    let again = Server::start(Config {
        addr: server.url().trim_start_matches("http://").to_owned(),
        ..config()
    });
    assert!(matches!(again, Err(StartError::InUse { .. })));
    drop(again);
    server.stop();
}

#[test]
fn a_port_in_use_in_only_one_of_ipv4_and_ipv6_is_an_error() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert_in_use(taken.local_addr().unwrap().port());
    if let Ok(taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        assert_in_use(taken.local_addr().unwrap().port());
    }
}

fn assert_in_use(port: u16) {
    let addr = format!("localhost:{port}");
    match Server::start(Config { addr: addr.clone(), ..config() }) {
        Err(error @ StartError::InUse { .. }) => {
            let expected = format!("cannot listen on {addr}: the port is in use");
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().contains("--addr"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_address_that_is_none_is_an_error() {
    for addr in ["localhost", "localhost:port", "localhost:70000", "no such host:80", ""] {
        match Server::start(Config { addr: addr.to_owned(), ..config() }) {
            Err(StartError::Address { .. }) => {}
            other => panic!("{addr}: {other:?}"),
        }
    }
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let addr = "192.0.2.1:0".to_owned(); // reserved for documentation
    match Server::start(Config { addr, ..config() }) {
        Err(StartError::Listen { .. }) => {}
        other => panic!("{other:?}"),
    }
}
