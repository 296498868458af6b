//! The names that a server answers to.
//!
//! A page of anybody's may give its own name the address of this machine, and then
//! read what is answered here as if it came from there ("DNS rebinding"). The name
//! is in the request, so a request for any other name than ours is refused.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// The names of one server.
#[derive(Debug)]
pub struct Names {
    /// The host that it was told to listen on, without brackets.
    host: String,
    /// Whether it listens on every address of the machine.
    everywhere: bool,
}

impl Names {
    pub(crate) fn new(host: &str, address: SocketAddr) -> Self {
        Self { host: bare(host).to_owned(), everywhere: address.ip().is_unspecified() }
    }

    /// Whether a request asks for one of them, at whatever port. One that names
    /// nobody is none that a browser makes.
    pub fn has(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut given = headers.get_all(HOST).iter().map(|host| {
            let host = host.to_str().ok()?;
            host.parse().ok().filter(|authority: &Authority| !authority.as_str().contains('@'))
        });
        given.all(|given| given.is_some_and(|given| self.is_one(given.host())))
            && uri.host().is_none_or(|host| self.is_one(host))
    }

    fn is_one(&self, host: &str) -> bool {
        let host = bare(host);
        if host.eq_ignore_ascii_case("localhost") || host.eq_ignore_ascii_case(&self.host) {
            return true;
        }
        // Nobody can give a number another address.
        host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback() || self.everywhere)
    }
}

/// An IPv6 address stands in brackets in a URL, and elsewhere without.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn answers(listens_on: &str, address: &str, hosts: &[&str]) -> bool {
        let names = Names::new(listens_on, address.parse().unwrap());
        let hosts = hosts.iter().map(|host| (HOST, HeaderValue::from_str(host).unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in hosts {
            headers.append(name, value);
        }
        names.has(&headers, &Uri::from_static("/stats"))
    }

    #[test]
    fn this_machine_is_known_by_its_usual_names_at_any_port() {
        for host in
            ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:8000"]
        {
            assert!(answers("localhost", "127.0.0.1:8000", &[host]), "{host}");
        }
        assert!(answers("localhost", "127.0.0.1:8000", &[]), "HTTP/1.0 names nobody");
    }

    #[test]
    fn no_other_name_is_answered() {
        for host in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil@localhost",
            "10.0.0.1",
            "[::2]",
            "",
            "a b",
        ] {
            assert!(!answers("localhost", "127.0.0.1:8000", &[host]), "{host}");
        }
        assert!(!answers("localhost", "127.0.0.1:8000", &["localhost", "evil.example"]));
    }

    #[test]
    fn the_address_it_was_told_to_listen_on_is_one() {
        assert!(answers("teacher.example", "10.0.0.1:80", &["Teacher.example"]));
        assert!(answers("[::2]", "[::2]:80", &["[::2]:80"]));
        assert!(!answers("teacher.example", "10.0.0.1:80", &["10.0.0.2"]));
    }

    #[test]
    fn one_that_listens_everywhere_is_known_by_every_number_and_by_no_other_name() {
        for (host, address) in [("0.0.0.0", "0.0.0.0:80"), ("[::]", "[::]:80")] {
            assert!(answers(host, address, &["10.0.0.2:80"]) && answers(host, address, &["[::2]"]));
            assert!(!answers(host, address, &["evil.example"]));
        }
    }

    #[test]
    fn the_name_may_stand_in_the_first_line_as_well() {
        let names = Names::new("localhost", "127.0.0.1:1".parse().unwrap());
        assert!(names.has(&HeaderMap::new(), &Uri::from_static("http://localhost/stats")));
        assert!(!names.has(&HeaderMap::new(), &Uri::from_static("http://evil.example/stats")));
    }
}
