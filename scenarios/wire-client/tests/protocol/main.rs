//! What is said on the wire, without a wire: bytes in, replies out.

mod commands;
mod replies;
