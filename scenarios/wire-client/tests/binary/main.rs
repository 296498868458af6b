//! The binary protocol: its bytes, and the server that answers it.

mod messages;
mod server;
