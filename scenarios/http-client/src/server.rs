//! Where the server is.

use std::net::SocketAddr;

use delay_server::client;
use harness::Failure;
use reqwest::Url;

/// The host in this address, and where it is.
pub(crate) fn look_up(url: &str) -> Result<(String, Vec<SocketAddr>), Failure> {
    let url = Url::parse(url).map_err(|error| {
        Failure::new(format!("'{url}' is no address: {error}"), "check the host's name in --url")
    })?;
    let host = url.host_str().unwrap_or_default();
    let addresses = client::look_up(host, url.port_or_known_default().unwrap_or(80))?;
    Ok((host.to_owned(), addresses))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_an_address_of_every_kind() {
        for (url, host, port) in [
            ("http://localhost:8000/delay-me", "localhost", 8000),
            ("http://127.0.0.1/delay-me", "127.0.0.1", 80),
            ("http://[::1]:8000/delay-me", "[::1]", 8000),
        ] {
            let (found, addresses) = look_up(url).unwrap();
            assert_eq!(found, host);
            assert!(addresses.iter().all(|address| address.port() == port), "{addresses:?}");
        }
    }
}
