//! An address such as `http://localhost:8000/delay-me`, taken apart.

use std::str::FromStr;

/// The port of HTTP, if an address names none.
const HTTP: u16 = 80;

/// Where the server is, and what to ask it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The host as it was written, an IPv6 address in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What follows, with its slash.
    pub(crate) path: String,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "an address such as http://localhost:8000/delay-me is wanted";
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => return Err("this client speaks http:// only".to_owned()),
            _ => return Err(format!("it does not begin with http://; {wanted}")),
        };
        if text.contains(['?', '#']) {
            return Err(format!("the query is made from --seconds; {wanted}"));
        }
        // These would end the line of the request, and with it the address.
        if text.contains(|character: char| !character.is_ascii_graphic()) {
            return Err(format!("it has characters that no address has; {wanted}"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(
                "this client has no user and no password to give: leave them out".to_owned()
            );
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| format!("its port is no number; {wanted}"))?)
            }
            _ => (authority, HTTP),
        };
        if host.is_empty() {
            return Err(format!("it names no host; {wanted}"));
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { host: host.to_owned(), port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (text, host, port, path) in [
            ("http://localhost:8000/delay-me", "localhost", 8000, "/delay-me"),
            ("http://example.com", "example.com", 80, "/"),
            ("http://[::1]:8000/a/b", "[::1]", 8000, "/a/b"),
            ("http://[::1]/", "[::1]", 80, "/"),
        ] {
            let wanted = Route { host: host.to_owned(), port, path: path.to_owned() };
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "nonsense",
            "localhost:8000",
            "https://localhost/",
            "http://",
            "http://:8000/",
            "http://localhost:port/",
            "http://localhost/?seconds=1",
            "http://me@localhost/",
            "http://me:secret@localhost/",
            "http://localhost/a b",
            "http://localhost/\r\nX: y",
        ] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }
}
