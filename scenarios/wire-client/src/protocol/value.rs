//! What a server replies.

use bytes::Bytes;

/// A reply, or a part of one. The names are those of the protocol.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is there: `_`, or a length of -1 in RESP2.
    Null,
    /// `#t` or `#f`.
    Boolean(bool),
    /// `:`.
    Integer(i64),
    /// `,`, also infinite or not a number.
    Double(f64),
    /// `(`, as its digits.
    BigNumber(Bytes),
    /// `+`.
    SimpleString(Bytes),
    /// `$`.
    BulkString(Bytes),
    /// `=`: three letters that say what the text is, and the text.
    VerbatimString([u8; 3], Bytes),
    /// `-`, or `!` where it is long or has several lines.
    Error(Bytes),
    /// `*`.
    Array(Vec<Value>),
    /// `%`.
    Map(Vec<(Value, Value)>),
    /// `~`.
    Set(Vec<Value>),
    /// `>`: nobody has asked for it.
    Push(Vec<Value>),
}
