//! The binary protocol: its bytes, and the server that answers it.

mod client;
mod messages;
mod server;
