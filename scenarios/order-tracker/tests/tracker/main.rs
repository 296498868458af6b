//! The tracker and its couriers as the programs that they are, by real sockets, and by
//! a real Redis where one is needed.

// Signals are what ends the tracker.
#![cfg(unix)]

mod answers;
mod couriers;
mod hostile;
mod instances;
mod own_redis;
mod page;
mod watchers;
mod ways;

mod redis;
mod support;
