//! What a server can say that is not the protocol.

use std::fmt;

/// Why the bytes of a server are no reply. The connection is of no use afterwards:
/// where the next reply would begin is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// No reply begins like this.
    #[error("a reply begins with the byte {0:#04x}, which says nothing in this protocol")]
    Kind(u8),
    /// A line has one of the two bytes that end it, and not the other.
    #[error("a line does not end with CR and LF")]
    LineEnd,
    /// A text is longer or shorter than its length says.
    #[error("a text of {0} bytes is not followed by CR and LF")]
    TextEnd(usize),
    /// A line that should be a number, and is none or does not fit into 64 bits.
    #[error("\"{0}\" is not a number")]
    Number(Excerpt),
    /// A line that should be a length, and is none or does not fit into 64 bits.
    #[error("\"{0}\" is not a length")]
    Length(Excerpt),
    /// Neither `t` nor `f`.
    #[error("\"{0}\" is neither true nor false")]
    Boolean(Excerpt),
    /// A null that says more than that it is one.
    #[error("a null says \"{0}\"")]
    Null(Excerpt),
    /// A verbatim text that does not begin with three letters and a colon.
    #[error("a verbatim text does not say what it is")]
    Verbatim,
    /// A length that is told at the end. The first draft of the protocol's version 3 has
    /// it, and Redis never sends it.
    #[error("a reply in parts whose length is not told, which Redis never sends")]
    Streamed,
    /// [`Limits::line`](super::Limits::line), in bytes.
    #[error("a line is longer than {limit} bytes")]
    LineTooLong {
        /// How long it may be.
        limit: usize,
    },
    /// [`Limits::bytes`](super::Limits::bytes).
    #[error("a reply is larger than {limit} bytes")]
    TooManyBytes {
        /// How many it may have.
        limit: usize,
    },
    /// [`Limits::values`](super::Limits::values).
    #[error("a reply has more than {limit} values")]
    TooManyValues {
        /// How many it may have.
        limit: usize,
    },
    /// [`Limits::depth`](super::Limits::depth).
    #[error("a reply has more than {limit} arrays within each other")]
    TooDeep {
        /// How many it may have.
        limit: usize,
    },
}

/// The beginning of what a server said, in printable ASCII: safe in a terminal, and
/// short, whatever it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// How many of the server's bytes are kept.
    const LENGTH: usize = 24;

    pub(super) fn of(said: &[u8]) -> Self {
        let beginning = said.get(..Self::LENGTH).unwrap_or(said).escape_ascii();
        let more = if said.len() > Self::LENGTH { "…" } else { "" };
        Self(format!("{beginning}{more}").into())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
