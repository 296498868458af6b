//! What a client says.

use bytes::BytesMut;

/// A command and its arguments, as the bytes that go over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    encoded: BytesMut,
    /// How long the array's header is; its count changes with each argument.
    words: usize,
}
