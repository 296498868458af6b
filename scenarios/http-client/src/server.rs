//! Where the server comes from: the one given, the one that runs already, or
//! one inside this run.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use delay_server::{Config, Server};
use harness::Failure;
use reqwest::Url;

/// Where a delay server is at home.
const HOME: &str = "http://localhost:8000/delay-me";

/// How long to listen for an answer from there. It comes at once or not at all.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives the route of the delay server that answers at its home, or of one
/// started for this run, with that server.
pub(crate) fn find_or_start() -> Result<(String, Option<Server>), Failure> {
    if answers_as_a_delay_server(HOME) {
        return Ok((HOME.to_owned(), None));
    }
    let server = start()?;
    harness::note("no delay server at http://localhost:8000, so this run brings its own");
    Ok((format!("{}/delay-me", server.url()), Some(server)))
}

fn start() -> Result<Server, Failure> {
    let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
    Server::start(config).map_err(|error| Failure::new(error.to_string(), error.hint()))
}

/// Asks for a wait of no time: anything else that lives at that address will
/// hardly answer so.
fn answers_as_a_delay_server(route: &str) -> bool {
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE)).build();
    let reply = ureq::Agent::from(config).get(format!("{route}?seconds=0")).call();
    let content = reply.and_then(|mut reply| reply.body_mut().read_to_string());
    content.is_ok_and(|content| content.starts_with("Done, I waited for 0"))
}

/// The host in this address, and where it is.
pub(crate) fn look_up(url: &str) -> Result<(String, Vec<SocketAddr>), Failure> {
    let unknown = |cause: String| Failure::new(cause, "check the host's name in --url");
    let parsed =
        Url::parse(url).map_err(|error| unknown(format!("'{url}' is no address: {error}")))?;
    let host = parsed.host_str().unwrap_or_default().to_owned();
    let port = parsed.port_or_known_default().unwrap_or(80);
    // An IPv6 address stands in brackets in a URL, and here without.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    match (name, port).to_socket_addrs() {
        Ok(addresses) => Ok((host, addresses.collect())),
        Err(error) => Err(unknown(format!("nobody knows where the host '{host}' is: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn a_delay_server_is_known_by_its_answer() {
        let server = start().unwrap();
        assert!(answers_as_a_delay_server(&format!("{}/delay-me", server.url())));
        assert!(!answers_as_a_delay_server(&format!("{}/healthz", server.url())));
    }

    #[test]
    fn another_server_is_not_taken_for_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        });
        assert!(!answers_as_a_delay_server(&format!("http://{address}/delay-me")));
    }

    #[test]
    fn nobody_there_is_none_either() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!answers_as_a_delay_server(&format!("http://{address}/delay-me")));
    }

    #[test]
    fn hosts_are_found_by_name_and_by_both_kinds_of_number() {
        for (url, host) in [
            ("http://localhost:8000/delay-me", "localhost"),
            ("http://127.0.0.1:8000/delay-me", "127.0.0.1"),
            ("http://[::1]:8000/delay-me", "[::1]"),
        ] {
            let (found, addresses) = look_up(url).unwrap();
            assert_eq!(found, host);
            assert!(
                addresses
                    .iter()
                    .all(|address| address.port() == 8000 && address.ip().is_loopback())
            );
        }
        assert!(
            look_up("http://no.such.host.invalid/")
                .unwrap_err()
                .cause()
                .contains("no.such.host.invalid")
        );
    }
}
