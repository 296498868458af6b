//! What a server can say that is not the protocol.

/// Why the bytes of a server are no reply. The connection is of no use afterwards:
/// where the next reply would begin is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// No reply begins like this.
    #[error("a reply begins with the byte {0:#04x}, which says nothing in this protocol")]
    Kind(u8),
}
