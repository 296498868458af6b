//! What is said on the wire: commands out, replies in. Nothing here reads or writes a
//! socket, so one parser serves a client that blocks and one that awaits.
//!
//! The protocol is RESP, versions 2 and 3, as
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/> has it.

pub use command::Command;
pub use decoder::{Decoder, Limits};
pub use error::{Excerpt, ProtocolError};
pub use value::Value;

mod command;
mod decoder;
mod error;
mod value;
