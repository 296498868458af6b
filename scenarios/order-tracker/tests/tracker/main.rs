//! The tracker and its couriers as the programs that they are, by real sockets, and by
//! a real Redis where one is needed.

// Signals are what ends the tracker.
#![cfg(unix)]

mod answers;
mod cluster;
mod couriers;
mod hostile;
mod instances;
mod killed;
mod per_watcher;
mod watchers;

mod redis_server;
mod support;
