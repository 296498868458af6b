//! Live order tracking: couriers' positions come in, and whoever watches an order
//! sees where its courier is.
//!
//! | request | answer |
//! |---|---|
//! | `POST /orders` | 201 and `{"order": ID, "link": URL}`: a new order, and where it can be watched |
//! | `POST /orders/ID/position` | 202 and `{"taken": true}`, or `false` where a newer one was there |
//! | `GET /track/ID` | a page with a map, which follows the WebSocket and comes back to it when it is lost |
//! | `GET /ws/orders/ID` | a WebSocket: the newest position at once, and each one that is newer |
//! | `GET /recordings/TRACE` | 200 and what was seen of an order's positions, for who asked with this trace on the same machine |
//!
//! A position is `{"lat": -23.56, "lon": -46.65, "at": "2026-11-29T12:00:00Z",
//! "sequence": 7}`, and watchers are sent the same. Some third parties deliver that
//! themselves, and others have to be asked, and say it in words of their own: both are
//! made into one [`Position`] before anybody is told.
//!
//! A watcher who cannot keep up misses positions, and never waits for an old one. That
//! is what a `tokio::sync::watch` channel does: it has one value, the newest.
//!
//! Every refusal is a sentence in an `application/problem+json` (RFC 9457).

pub use courier::{Courier, Ride};
pub use follower::Follower;
pub use plan::Plan;
pub use position::Position;

mod plan;
mod routes;
mod sockets;

mod position;
mod secret;

mod order;
mod orders;

mod cluster;
mod connection;
mod here;
mod per_watcher;
mod shared;

mod watcher;

mod city;
mod page;

mod poll;
mod third_party;

mod way;

mod problem;

mod options;

mod courier;
mod follower;
mod street;
