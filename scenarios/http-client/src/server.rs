//! Where the server is: the one given, the one that runs already, or one inside
//! this run.

use std::net::{SocketAddr, ToSocketAddrs};

use delay_server::Server;
use harness::Failure;
use reqwest::Url;

/// Gives the route of the delay server that answers at its home, or of one
/// started for this run, with that server.
pub(crate) fn find_or_start() -> Result<(String, Option<Server>), Failure> {
    let found =
        Server::find_or_start().map_err(|error| Failure::new(error.to_string(), error.hint()))?;
    if found.own.is_some() {
        harness::note("no delay server at http://localhost:8000, so this run brings its own");
    }
    Ok((format!("{}/delay-me", found.url), found.own))
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
    use super::*;

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
