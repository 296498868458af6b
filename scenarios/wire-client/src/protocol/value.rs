//! What a server replies.

use std::fmt::Write;

use bytes::{BufMut, Bytes, BytesMut};

/// A reply, or a part of one. The names are those of the protocol.
///
/// Texts are no copies: each is a part of the buffer that it came in, and keeps all of
/// that block of memory alive. Who keeps a short one for long copies it
/// (`Bytes::copy_from_slice`).
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
    /// `%`. A key may be any value, and may come twice.
    Map(Vec<(Value, Value)>),
    /// `~`. Nothing here looks for values that come twice.
    Set(Vec<Value>),
    /// `>`: nobody has asked for it. Within another value it is a part of that: so Redis
    /// answers a transaction that subscribes.
    Push(Vec<Value>),
}

impl Value {
    /// The number, if it is an integer.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one and no error: simple, bulk or verbatim.
    pub fn as_text(&self) -> Option<&Bytes> {
        match self {
            Self::SimpleString(text) | Self::BulkString(text) | Self::VerbatimString(_, text) => {
                Some(text)
            }
            _ => None,
        }
    }

    /// Appends what a server says that means this, in RESP3.
    ///
    /// Two kinds have no spelling for all that can be in them: in a simple string and in a
    /// big number, CR and LF become spaces.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Null => out.put_slice(b"_\r\n"),
            Self::Boolean(true) => out.put_slice(b"#t\r\n"),
            Self::Boolean(false) => out.put_slice(b"#f\r\n"),
            Self::Integer(number) => line(out, ':', number),
            Self::Double(number) => line(out, ',', spelled(*number)),
            Self::BigNumber(digits) => text_line(out, b'(', digits),
            Self::SimpleString(text) => text_line(out, b'+', text),
            Self::BulkString(text) => bulk(out, '$', &[text]),
            Self::VerbatimString(kind, text) => bulk(out, '=', &[kind, b":", text]),
            Self::Error(text) if fits_a_line(text) => text_line(out, b'-', text),
            Self::Error(text) => bulk(out, '!', &[text]),
            Self::Array(values) => list(out, '*', values),
            Self::Set(values) => list(out, '~', values),
            Self::Push(values) => list(out, '>', values),
            Self::Map(pairs) => {
                line(out, '%', pairs.len());
                for (key, value) in pairs {
                    key.encode(out);
                    value.encode(out);
                }
            }
        }
    }
}

/// Longer errors are sent with their length.
const LONG: usize = 512;

fn fits_a_line(text: &[u8]) -> bool {
    text.len() <= LONG && !text.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

fn line(out: &mut BytesMut, kind: char, said: impl std::fmt::Display) {
    // A buffer in memory takes all that is written to it.
    let _ = write!(out, "{kind}{said}\r\n");
}

fn text_line(out: &mut BytesMut, kind: u8, text: &[u8]) {
    out.reserve(text.len() + 3);
    out.put_u8(kind);
    out.extend(text.iter().map(|byte| match byte {
        b'\r' | b'\n' => b' ',
        byte => *byte,
    }));
    out.put_slice(b"\r\n");
}

fn bulk(out: &mut BytesMut, kind: char, parts: &[&[u8]]) {
    line(out, kind, parts.iter().map(|part| part.len()).sum::<usize>());
    for part in parts {
        out.put_slice(part);
    }
    out.put_slice(b"\r\n");
}

fn list(out: &mut BytesMut, kind: char, values: &[Value]) {
    line(out, kind, values.len());
    for value in values {
        value.encode(out);
    }
}

/// In the fewest digits that mean exactly this number.
fn spelled(number: f64) -> String {
    if number.is_nan() {
        "nan".into()
    } else if number.is_infinite() {
        if number > 0.0 { "inf".into() } else { "-inf".into() }
    } else if number == 0.0 || (1e-5..1e17).contains(&number.abs()) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}
