//! Tests that have a Redis of their own, or a cluster of them, and may kill it. They need
//! the programs redis-server and redis-cli; scripts/test leaves them out by this name.

mod cluster;
mod killed;
mod per_watcher;
