//! A binary protocol, as small as it can be: a header whose size is fixed, and what it
//! announces. Beside it, the text protocol of Redis has to search for the end of a line.
//!
//! | bytes | what they say |
//! |--:|---|
//! | 1 | code: what is asked for, or how it went |
//! | 1 | encoding: what the payload is |
//! | 4 | length of the payload in bytes, the highest byte first |
//! | so many | payload |
//!
//! A request is answered with one message, in the order in which they come. The codec has
//! no I/O; [`Server`] is what answers it in a run.

pub use client::Client;
pub use server::Server;

mod client;
mod server;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes of what stands before every payload.
pub const HEADER: usize = 6;

/// What is asked for, or how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The same payload again: 1.
    Echo = 1,
    /// The number of this name, or nothing: 2.
    Get = 2,
    /// One more for the number of this name, which begins at 0; and what it is then: 3.
    Increment = 3,
    /// It went well: 128.
    Reply = 128,
    /// It did not, and the payload says why: 129.
    Refusal = 129,
}

/// What a message carries. Its kind is the encoding in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// No bytes: encoding 0.
    Nothing,
    /// Any bytes: encoding 1.
    Bytes(Bytes),
    /// 8 bytes, the highest first: encoding 2.
    Integer(i64),
}

/// A request or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What is asked for, or how it went.
    pub code: Code,
    /// What belongs to it.
    pub payload: Payload,
}

impl Message {
    /// A request about this name.
    pub fn about(code: Code, name: &str) -> Self {
        Self { code, payload: Payload::Bytes(Bytes::copy_from_slice(name.as_bytes())) }
    }

    /// Appends its header and its payload.
    ///
    /// # Panics
    ///
    /// When the payload is longer than the 4 GiB that a header can announce.
    pub fn encode(&self, out: &mut BytesMut) {
        let (encoding, length) = match &self.payload {
            Payload::Nothing => (0, 0),
            Payload::Bytes(bytes) => (1, bytes.len()),
            Payload::Integer(_) => (2, size_of::<i64>()),
        };
        out.reserve(HEADER + length);
        out.put_u8(self.code as u8);
        out.put_u8(encoding);
        out.put_u32(u32::try_from(length).expect("a payload of less than 4 GiB"));
        match &self.payload {
            Payload::Nothing => {}
            Payload::Bytes(bytes) => out.put_slice(bytes),
            Payload::Integer(number) => out.put_i64(*number),
        }
    }
}

/// Takes messages out of bytes, wherever these are cut.
#[derive(Debug)]
pub struct Decoder {
    largest: usize,
    /// The header that was read, if its payload is not there yet.
    header: Option<Header>,
    failed: Option<BinaryError>,
}

/// Why bytes are no message. The connection is of no use afterwards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BinaryError {
    /// No message has this code.
    #[error("a message has the code {0}, which says nothing in this protocol")]
    Code(u8),
    /// No payload has this encoding.
    #[error("a payload has the encoding {0}, which says nothing in this protocol")]
    Encoding(u8),
    /// Nothing that is something, or an integer that has not 8 bytes.
    #[error("a payload of the encoding {encoding} has {length} bytes")]
    Length {
        /// As the header has it.
        encoding: u8,
        /// As the header has it.
        length: usize,
    },
    /// Longer than this decoder allows.
    #[error("a payload has {length} bytes, and {limit} are allowed")]
    TooLong {
        /// As the header has it.
        length: usize,
        /// How many are allowed.
        limit: usize,
    },
}

#[derive(Debug, Clone, Copy)]
struct Header {
    code: Code,
    encoding: Encoding,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Nothing,
    Bytes,
    Integer,
}

impl Decoder {
    /// Allows payloads of so many bytes.
    pub fn new(largest: usize) -> Self {
        Self { largest, header: None, failed: None }
    }

    /// The next message, if all of it is there; its bytes are taken out of the buffer. Else
    /// none: call it again with more bytes behind.
    ///
    /// # Errors
    ///
    /// What came is no message, or is longer than allowed. From then on it answers with
    /// the same error, whatever comes.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, BinaryError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let header = match self.header {
            Some(header) => header,
            None if buffer.len() < HEADER => return Ok(None),
            None => Header::read(buffer, self.largest)
                .inspect_err(|error| self.failed = Some(error.clone()))?,
        };
        if buffer.len() < header.length {
            self.header = Some(header);
            return Ok(None);
        }
        self.header = None;
        let payload = match header.encoding {
            Encoding::Nothing => Payload::Nothing,
            Encoding::Bytes => Payload::Bytes(buffer.split_to(header.length).freeze()),
            Encoding::Integer => Payload::Integer(buffer.get_i64()),
        };
        Ok(Some(Message { code: header.code, payload }))
    }
}

impl Header {
    /// Takes it out of the buffer, in which all of it is.
    fn read(buffer: &mut BytesMut, largest: usize) -> Result<Self, BinaryError> {
        let code = match buffer.get_u8() {
            1 => Code::Echo,
            2 => Code::Get,
            3 => Code::Increment,
            128 => Code::Reply,
            129 => Code::Refusal,
            code => return Err(BinaryError::Code(code)),
        };
        let number = buffer.get_u8();
        let length = usize::try_from(buffer.get_u32()).unwrap_or(usize::MAX);
        let encoding = match (number, length) {
            (0, 0) => Encoding::Nothing,
            (1, _) => Encoding::Bytes,
            (2, 8) => Encoding::Integer,
            (encoding @ (0 | 2), _) => return Err(BinaryError::Length { encoding, length }),
            (encoding, _) => return Err(BinaryError::Encoding(encoding)),
        };
        if length > largest {
            return Err(BinaryError::TooLong { length, limit: largest });
        }
        Ok(Self { code, encoding, length })
    }
}
