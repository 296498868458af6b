//! The way of one position: from the courier over one instance, or two and a Redis, to a
//! watcher's socket, or to where a newer one took its place.
//!
//! Each program notes what it sees itself, and when: the courier and its watchers, and the
//! instances for those on the same machine who ask for it by a `traceparent`. What lies
//! between two notes is told from both, and where one is missing it is not told.

use std::net::SocketAddr;

pub(crate) use ask::ask;
pub(crate) use follow::{Heard, Observed};
pub(crate) use kept::{TRACE_PARENT, Ways, trace, traceparent};
pub(crate) use notes::Notes;
pub(crate) use picture::{Which, picture};
pub(crate) use station::Station;

mod station;

mod kept;
mod notes;

mod ask;
mod follow;
mod picture;

/// Whether who has this address is on this machine, and so has its clock.
pub(crate) fn is_here(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_here_is_told_by_the_address_however_that_is_written() {
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
}
