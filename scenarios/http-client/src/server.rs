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
    let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
    let server =
        Server::start(config).map_err(|error| Failure::new(error.to_string(), error.hint()))?;
    let url = server.url();
    harness::note(&format!(
        "no delay server at http://localhost:8000, so this run brings its own: {url}"
    ));
    Ok((format!("{url}/delay-me"), Some(server)))
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
