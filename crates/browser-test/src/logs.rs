//! What the browser logged: complaints, and requests.

use serde_json::Value;
use url::{Host, Url};

/// The messages of errors: those that a script did not catch or wrote to the
/// console, and resources that could not be loaded.
pub(crate) fn errors(entries: &[Value]) -> Vec<String> {
    let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
    errors.filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
}

/// The addresses that pages asked for, in their order.
pub(crate) fn requests(entries: &[Value]) -> Vec<String> {
    entries.iter().filter_map(|entry| request(entry["message"].as_str()?)).collect()
}

/// The address in an event of the DevTools protocol that tells of a request.
fn request(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    let message = &event["message"];
    let url = match message["method"].as_str()? {
        "Network.requestWillBeSent" => &message["params"]["request"]["url"],
        "Network.webSocketCreated" => &message["params"]["url"],
        _ => return None,
    };
    url.as_str().map(str::to_owned)
}

/// Whether a request to this address stays on this machine.
pub(crate) fn is_here(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    if url.scheme() == "chrome" {
        // The browser's own pages, which are part of its program.
        return true;
    }
    match url.host() {
        // Such as data:, blob: and file:///, which ask nobody.
        None => true,
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_here() {
        for address in [
            "http://localhost:8000/",
            "http://127.0.0.1/",
            "ws://[::1]:1/",
            "data:,x",
            "blob:http://localhost/1",
            "file:///tmp/page.html",
            "chrome://new-tab-page/",
        ] {
            assert!(is_here(address), "{address}");
        }
        for address in [
            "https://example.com/",
            "http://192.0.2.1/",
            "wss://localhost.example/",
            "http://[2001:db8::1]/",
            "file://server/page.html",
        ] {
            assert!(!is_here(address), "{address}");
        }
    }

    #[test]
    fn requests_and_web_sockets_have_addresses() {
        let request_event = r#"{"message":{"method":"Network.requestWillBeSent",
            "params":{"request":{"url":"http://localhost/a"}}}}"#;
        assert_eq!(request(request_event).unwrap(), "http://localhost/a");
        let socket = r#"{"message":{"method":"Network.webSocketCreated",
            "params":{"url":"ws://localhost/b"}}}"#;
        assert_eq!(request(socket).unwrap(), "ws://localhost/b");
        let other = r#"{"message":{"method":"Network.dataReceived","params":{}}}"#;
        assert_eq!(request(other), None);
    }
}
