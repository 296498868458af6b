//! The client that is shared, and a real Redis.
#![cfg(unix)]

mod commands;
mod many;
mod messages;
mod own_redis;
mod redis;
