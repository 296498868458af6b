//! From bytes to replies.

use std::mem;

use bytes::{Buf, Bytes, BytesMut};

use super::error::Excerpt;
use super::{ProtocolError, Value};

/// Takes replies out of bytes, wherever these are cut: it knows how far it has come. Each
/// byte of a line is searched for the line's end once, and read once; the bytes of a bulk
/// string are waited for and never looked at.
///
/// Both versions of the protocol are understood, mixed as they come. Attributes (`|`) are
/// read and passed over: Redis sends none unless it is asked for some.
///
/// The parts of a reply are taken out of the buffer as they come, so the buffer and the
/// decoder belong together until the reply is complete.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
    /// How many bytes at the front of the buffer belong to a line whose end was searched
    /// in them, and is not there.
    scanned: usize,
    /// Whether the byte after these is the line's CR. Its LF is not there.
    at_end: bool,
    /// A text whose length is known, and which is not there yet.
    awaited: Option<Text>,
    /// The arrays that are not complete, the outermost first. A stack of our own, because
    /// the server chooses how deep it is.
    open: Vec<Open>,
    /// What the reply has had of [`Limits::bytes`], with what its lengths promise.
    bytes: usize,
    /// What it has had of [`Limits::values`], with what its counts promise.
    values: usize,
    searched: u64,
    failed: Option<ProtocolError>,
}

/// How much one reply may ask of memory. A length or a count that promises more is
/// refused before the first of what it promises has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a reply on the wire, all that is in it together.
    pub bytes: usize,
    /// Values within a reply, all that is in it together; a key of a map is one, and so is
    /// its value. Each takes up to 40 bytes of memory beside its text.
    pub values: usize,
    /// Arrays within arrays, and maps, sets, pushes and attributes. More than
    /// [`Limits::DEEPEST`] is taken as that.
    pub depth: usize,
    /// Bytes of a line, which says by its end how long it is.
    pub line: usize,
}

impl Limits {
    /// To compare, print or drop a value takes stack for each level of it, so there is an
    /// end to what can be allowed.
    pub const DEEPEST: usize = 128;
}

impl Default for Limits {
    /// 64 MiB, 2²⁰ values, 32 arrays within each other, and 64 KiB for a line.
    fn default() -> Self {
        Self { bytes: 64 << 20, values: 1 << 20, depth: 32, line: 64 << 10 }
    }
}

/// A text that comes after its length.
#[derive(Debug, Clone, Copy)]
struct Text {
    kind: TextKind,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum TextKind {
    Bulk,
    Error,
    Verbatim,
}

/// An array, or what is like one, that has begun.
#[derive(Debug)]
struct Open {
    parts: Parts,
    /// How many values are still to come: for a map, two for each pair.
    left: usize,
}

#[derive(Debug)]
enum Parts {
    List(ListKind, Vec<Value>),
    Map { pairs: Vec<(Value, Value)>, key: Option<Value> },
    Attribute,
}

#[derive(Debug, Clone, Copy)]
enum ListKind {
    Array,
    Set,
    Push,
}

/// How far one more line or text has brought us.
enum Step {
    /// A value is complete.
    Complete(Value),
    /// An array has begun, or something was passed over.
    Further,
    /// More bytes are needed.
    Starved,
}

impl Decoder {
    /// With limits of one's own.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The next reply, if all of it is there; its bytes are taken out of the buffer. Else
    /// none, and what was looked at is remembered: call it again with more bytes behind.
    ///
    /// # Errors
    ///
    /// What came is no reply, or asks for more than the limits allow. From then on it
    /// answers with the same error, whatever comes.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Value>, ProtocolError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let reply = self.advance(buffer);
        if let Err(error) = &reply {
            self.failed = Some(error.clone());
            // What has come of the reply helps nobody, and may be large.
            self.open = Vec::new();
        }
        reply
    }

    /// Whether a reply has begun that is not complete, given what is left in the buffer: a
    /// connection that ends now has broken off in the middle.
    pub fn in_reply(&self, buffer: &BytesMut) -> bool {
        self.bytes > 0 || !buffer.is_empty()
    }

    /// How many bytes were searched for the end of a line so far, in all replies together.
    /// It is at most the number of bytes that came, however they were cut.
    pub fn searched(&self) -> u64 {
        self.searched
    }

    fn advance(&mut self, buffer: &mut BytesMut) -> Result<Option<Value>, ProtocolError> {
        loop {
            let step = match self.awaited {
                Some(text) => self.text(text, buffer)?,
                None => self.line(buffer)?,
            };
            match step {
                Step::Complete(value) => {
                    if let Some(reply) = self.put(value) {
                        self.bytes = 0;
                        self.values = 0;
                        return Ok(Some(reply));
                    }
                }
                Step::Further => {}
                Step::Starved => return Ok(None),
            }
        }
    }

    /// Puts a value where it belongs. If it is the last one of its array, that is a value
    /// which is complete, and so on outwards; the outermost one is the reply.
    fn put(&mut self, mut value: Value) -> Option<Value> {
        while let Some(open) = self.open.last_mut() {
            open.parts.push(value);
            open.left -= 1;
            if open.left > 0 {
                return None;
            }
            // After an attribute comes the value that it is about.
            value = self.open.pop()?.parts.complete()?;
        }
        Some(value)
    }

    /// Reads the line at the front of the buffer, and takes it out.
    fn line(&mut self, buffer: &mut BytesMut) -> Result<Step, ProtocolError> {
        let Some(&kind) = buffer.first() else { return Ok(Step::Starved) };
        if !is_kind(kind) {
            return Err(ProtocolError::Kind(kind));
        }
        let Some(end) = self.line_end(buffer)? else { return Ok(Step::Starved) };
        self.charge_bytes(end + 2)?;
        let line = &buffer[1..end];
        let value = match kind {
            b'+' => Value::SimpleString(take_line(buffer, end)),
            b'-' => Value::Error(take_line(buffer, end)),
            b'(' if is_integer(line) => Value::BigNumber(take_line(buffer, end)),
            b'(' => return Err(ProtocolError::Number(Excerpt::of(line))),
            _ => {
                let step = match kind {
                    b':' => Step::Complete(Value::Integer(integer(line)?)),
                    b'$' => self.begin_text(TextKind::Bulk, line)?,
                    b'!' => self.begin_text(TextKind::Error, line)?,
                    b'=' => self.begin_text(TextKind::Verbatim, line)?,
                    b'_' => Step::Complete(null(line)?),
                    b'#' => Step::Complete(Value::Boolean(boolean(line)?)),
                    b',' => Step::Complete(Value::Double(double(line)?)),
                    _ => self.begin_array(kind, line, buffer.len() - end)?,
                };
                buffer.advance(end + 2);
                return Ok(step);
            }
        };
        Ok(Step::Complete(value))
    }

    /// Where the line ends at the front of the buffer, if that is there with both its bytes.
    fn line_end(&mut self, buffer: &[u8]) -> Result<Option<usize>, ProtocolError> {
        if !self.at_end {
            let unseen = &buffer[self.scanned..];
            let found = end_in(unseen);
            self.scanned += found.unwrap_or(unseen.len());
            self.searched += found.map_or(unseen.len(), |at| at + 1) as u64;
            // The byte that says what comes is not counted.
            if self.scanned > self.limits.line.saturating_add(1) {
                return Err(ProtocolError::LineTooLong { limit: self.limits.line });
            }
            match found.map(|at| unseen[at]) {
                None => return Ok(None),
                Some(b'\r') => self.at_end = true,
                Some(_) => return Err(ProtocolError::LineEnd),
            }
        }
        let Some(last) = buffer.get(self.scanned + 1) else { return Ok(None) };
        self.searched += 1;
        if *last != b'\n' {
            return Err(ProtocolError::LineEnd);
        }
        self.at_end = false;
        Ok(Some(mem::take(&mut self.scanned)))
    }

    /// A text has told its length.
    fn begin_text(&mut self, kind: TextKind, line: &[u8]) -> Result<Step, ProtocolError> {
        if line == b"-1" && matches!(kind, TextKind::Bulk) {
            return Ok(Step::Complete(Value::Null));
        }
        let length = length(line)?.unwrap_or(usize::MAX);
        self.charge_bytes(length.saturating_add(2))?;
        if matches!(kind, TextKind::Verbatim) && length < VERBATIM {
            return Err(ProtocolError::Verbatim);
        }
        self.awaited = Some(Text { kind, length });
        Ok(Step::Further)
    }

    /// Takes the text out of the buffer, once all of it is there.
    fn text(&mut self, text: Text, buffer: &mut BytesMut) -> Result<Step, ProtocolError> {
        // It was charged to the limits, so the sum is no overflow.
        let Some(end) = buffer.get(text.length..text.length + 2) else {
            return Ok(Step::Starved);
        };
        if end != b"\r\n" {
            return Err(ProtocolError::TextEnd(text.length));
        }
        self.awaited = None;
        let mut said = buffer.split_to(text.length).freeze();
        buffer.advance(2);
        Ok(Step::Complete(match text.kind {
            TextKind::Bulk => Value::BulkString(said),
            TextKind::Error => Value::Error(said),
            TextKind::Verbatim => match *said {
                [one, two, three, b':', ..] => {
                    said.advance(VERBATIM);
                    Value::VerbatimString([one, two, three], said)
                }
                _ => return Err(ProtocolError::Verbatim),
            },
        }))
    }

    /// An array, or what is like one, has told its count.
    fn begin_array(&mut self, kind: u8, line: &[u8], rest: usize) -> Result<Step, ProtocolError> {
        if kind == b'*' && line == b"-1" {
            return Ok(Step::Complete(Value::Null));
        }
        let deepest = self.limits.depth.min(Limits::DEEPEST);
        let each = if matches!(kind, b'%' | b'|') { 2 } else { 1 };
        let count = length(line)?.unwrap_or(usize::MAX);
        let left = count.saturating_mul(each);
        if self.open.len() >= deepest {
            return Err(ProtocolError::TooDeep { limit: deepest });
        }
        self.charge_values(left)?;
        // The count is a promise. What has come of it says how much memory it is worth:
        // no value is shorter than three bytes.
        let room = count.min(rest / 3 / each);
        let parts = match kind {
            b'*' => Parts::List(ListKind::Array, Vec::with_capacity(room)),
            b'~' => Parts::List(ListKind::Set, Vec::with_capacity(room)),
            b'>' => Parts::List(ListKind::Push, Vec::with_capacity(room)),
            b'%' => Parts::Map { pairs: Vec::with_capacity(room), key: None },
            _ => Parts::Attribute,
        };
        if left == 0 {
            return Ok(parts.complete().map_or(Step::Further, Step::Complete));
        }
        self.open.push(Open { parts, left });
        Ok(Step::Further)
    }

    fn charge_bytes(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes {
            return Err(ProtocolError::TooManyBytes { limit: self.limits.bytes });
        }
        Ok(())
    }

    fn charge_values(&mut self, values: usize) -> Result<(), ProtocolError> {
        self.values = self.values.saturating_add(values);
        if self.values > self.limits.values {
            return Err(ProtocolError::TooManyValues { limit: self.limits.values });
        }
        Ok(())
    }
}

impl Parts {
    fn push(&mut self, value: Value) {
        match self {
            Self::List(_, values) => values.push(value),
            Self::Map { pairs, key } => match key.take() {
                Some(key) => pairs.push((key, value)),
                None => *key = Some(value),
            },
            Self::Attribute => {}
        }
    }

    fn complete(self) -> Option<Value> {
        match self {
            Self::List(ListKind::Array, values) => Some(Value::Array(values)),
            Self::List(ListKind::Set, values) => Some(Value::Set(values)),
            Self::List(ListKind::Push, values) => Some(Value::Push(values)),
            Self::Map { pairs, .. } => Some(Value::Map(pairs)),
            Self::Attribute => None,
        }
    }
}

/// A verbatim text begins with three letters and a colon.
const VERBATIM: usize = 4;

/// Where CR or LF stands. Most lines are a short number, which is over before a search
/// that is made for long texts has begun.
fn end_in(unseen: &[u8]) -> Option<usize> {
    const SHORT: usize = 4;
    let near = unseen.iter().take(SHORT).position(|byte| matches!(byte, b'\r' | b'\n'));
    near.or_else(|| Some(SHORT + memchr::memchr2(b'\r', b'\n', unseen.get(SHORT..)?)?))
}

fn is_kind(byte: u8) -> bool {
    matches!(
        byte,
        b'+' | b'-'
            | b':'
            | b'$'
            | b'*'
            | b'_'
            | b'#'
            | b','
            | b'('
            | b'!'
            | b'='
            | b'%'
            | b'~'
            | b'>'
            | b'|'
    )
}

/// The line's text, out of the buffer with what stands around it.
fn take_line(buffer: &mut BytesMut, end: usize) -> Bytes {
    // It is said so often that a buffer would seldom be free of it.
    if buffer[1..end] == *b"OK" {
        buffer.advance(end + 2);
        return Bytes::from_static(b"OK");
    }
    buffer.advance(1);
    let text = buffer.split_to(end - 1).freeze();
    buffer.advance(2);
    text
}

/// Digits, and nothing else. `None` where the number is larger than memory can be.
///
/// The protocol allows zeros in front, here and in integers.
fn length(line: &[u8]) -> Result<Option<usize>, ProtocolError> {
    if line == b"?" {
        return Err(ProtocolError::Streamed);
    }
    if line.is_empty() || !line.iter().all(u8::is_ascii_digit) {
        return Err(ProtocolError::Length(Excerpt::of(line)));
    }
    Ok(line.iter().try_fold(0_usize, |number, digit| {
        number.checked_mul(10)?.checked_add(usize::from(digit - b'0'))
    }))
}

/// Digits, and perhaps a sign in front of them.
fn integer(line: &[u8]) -> Result<i64, ProtocolError> {
    let error = || ProtocolError::Number(Excerpt::of(line));
    let (digits, sign) = match line {
        [b'-', digits @ ..] => (digits, -1),
        [b'+', digits @ ..] => (digits, 1),
        digits => (digits, 1),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(error());
    }
    // The smallest number has no counterpart above zero.
    digits
        .iter()
        .try_fold(0_i64, |number, digit| {
            number.checked_mul(10)?.checked_add(sign * i64::from(digit - b'0'))
        })
        .ok_or_else(error)
}

fn is_integer(line: &[u8]) -> bool {
    let digits = line.strip_prefix(b"-").or(line.strip_prefix(b"+")).unwrap_or(line);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// A decimal fraction, perhaps with an exponent, or a word. `-nan` is what the C library
/// makes of some numbers, and older servers send it.
fn double(line: &[u8]) -> Result<f64, ProtocolError> {
    let error = || ProtocolError::Number(Excerpt::of(line));
    match line {
        b"inf" | b"+inf" => Ok(f64::INFINITY),
        b"-inf" => Ok(f64::NEG_INFINITY),
        b"nan" | b"-nan" => Ok(f64::NAN),
        // Rust knows more words than the protocol.
        _ if line.iter().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E')) => {
            Err(error())
        }
        _ => str::from_utf8(line).ok().and_then(|line| line.parse().ok()).ok_or_else(error),
    }
}

fn boolean(line: &[u8]) -> Result<bool, ProtocolError> {
    match line {
        b"t" => Ok(true),
        b"f" => Ok(false),
        _ => Err(ProtocolError::Boolean(Excerpt::of(line))),
    }
}

fn null(line: &[u8]) -> Result<Value, ProtocolError> {
    if line.is_empty() { Ok(Value::Null) } else { Err(ProtocolError::Null(Excerpt::of(line))) }
}
