//! Who asks, and what they call it: a service tells what it has seen of a client's
//! requests to that client, if it is on the same machine.

use std::net::SocketAddr;
use std::num::NonZeroU128;

use axum::http::HeaderMap;
use lens::TraceParent;

/// The header of W3C Trace Context.
pub const TRACE_PARENT: &str = "traceparent";

/// Whether who has this address is on this machine, and so has its clock.
pub fn is_here(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// What a client calls its request, if that is well-formed and said once.
pub fn traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut given = headers.get_all(TRACE_PARENT).iter();
    let (one, None) = (given.next()?, given.next()) else { return None };
    one.to_str().ok()?.parse().ok()
}

/// A trace as it stands in a `traceparent`: 32 hexadecimal digits, and not all of them 0.
pub fn trace(text: &str) -> Option<NonZeroU128> {
    format!("00-{text}-{:016x}-01", 1).parse::<TraceParent>().ok().map(|parent| parent.trace)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_is_here_by_its_address_however_that_is_written() {
        for (address, here) in [
            ("127.0.0.1:80", true),
            ("127.8.8.8:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("192.168.0.1:80", false),
            ("0.0.0.0:80", false),
            ("[::ffff:192.168.0.1]:80", false),
            ("[fe80::1]:80", false),
        ] {
            assert_eq!(is_here(address.parse().unwrap()), here, "{address}");
        }
    }

    #[test]
    fn a_request_has_one_name_that_is_well_formed_or_none() {
        let one = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let named = |given: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append(TRACE_PARENT, HeaderValue::from_static(value));
            }
            traceparent(&headers).map(|it| it.to_string())
        };
        assert_eq!(named(&[one]).as_deref(), Some(one));
        for none in [&[][..], &["R1"], &[""], &[one, one]] {
            assert_eq!(named(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_trace_has_32_digits_that_are_not_all_0() {
        let digits = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace(digits).map(|it| format!("{:032x}", it.get())).as_deref(), Some(digits));
        for none in ["", "4bf9", &"0".repeat(32), &format!("{digits}0"), &"x".repeat(32)] {
            assert_eq!(trace(none), None, "{none}");
        }
    }
}
