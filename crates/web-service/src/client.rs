//! A client for one server, which its user names.

use std::time::Duration;

use delay_server::client::{self, Unanswered};
use harness::Failure;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// A client that goes to this server and to no other: by no proxy, and to nowhere that
/// the server sends it. It gives up after so long.
///
/// # Errors
///
/// When nobody knows where the host is, or the system gives it nothing to work with.
pub fn client_of(server: &Url, timeout: Duration) -> Result<Client, Failure> {
    let host = server.host_str().unwrap_or_default();
    let port = server.port_or_known_default().unwrap_or(80);
    let addresses = client::look_up(host, port)?;
    let client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(timeout)
        .resolve_to_addrs(host, &addresses)
        .build();
    client.map_err(|error| {
        let cause = format!("there is no client for {server}: {}", Unanswered::of(&error));
        Failure::new(cause, "the system is short of threads or descriptors: free some")
    })
}

/// What an error of such a client means, before an answer has begun and in it.
pub fn why_unanswered(error: &reqwest::Error) -> Unanswered {
    if error.is_timeout() { Unanswered::TimedOut } else { Unanswered::of(error) }
}

/// Reads where a server is, without a route.
///
/// # Errors
///
/// A sentence that says what is wanted.
pub fn server_url(text: &str) -> Result<Url, String> {
    let wanted = "an address such as http://localhost:8000 is wanted";
    let url = Url::parse(text).map_err(|error| format!("{error}; {wanted}"))?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if url.scheme() != "http" || !is_bare || !url.username().is_empty() || url.password().is_some()
    {
        return Err(wanted.to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_a_route() {
        for right in ["http://localhost:8000", "http://localhost:8000/", "http://[::1]:80"] {
            assert!(server_url(right).is_ok(), "{right}");
        }
        for wrong in
            ["localhost:8000", "https://localhost", "http://a/b", "http://a/?b", "http://me@a"]
        {
            assert!(server_url(wrong).is_err(), "{wrong}");
        }
    }
}
