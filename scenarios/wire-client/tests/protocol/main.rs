//! What is said on the wire, without a wire: bytes in, replies out.

mod any;
mod commands;
mod golden;
mod limits;
mod once;
mod own_redis;
mod properties;
mod refusals;
mod replies;

use bytes::{Bytes, BytesMut};
use wire_client::protocol::{Decoder, Limits, ProtocolError, Value};

/// All that is in these parts, one after the other as they come, until the bytes end or
/// are no reply.
fn decoded<'a>(
    limits: Limits,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Value>, Option<ProtocolError>) {
    let mut decoder = Decoder::new(limits);
    let mut buffer = BytesMut::new();
    let mut values = Vec::new();
    for part in parts {
        buffer.extend_from_slice(part);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => break,
                Err(error) => return (values, Some(error)),
            }
        }
    }
    (values, None)
}

fn text(said: &'static str) -> Bytes {
    Bytes::from_static(said.as_bytes())
}

fn simple(said: &'static str) -> Value {
    Value::SimpleString(text(said))
}

fn bulk(said: &'static str) -> Value {
    Value::BulkString(text(said))
}

fn error(said: &'static str) -> Value {
    Value::Error(text(said))
}

fn verbatim(said: &'static str) -> Value {
    Value::VerbatimString(*b"txt", text(said))
}

fn integers(numbers: impl IntoIterator<Item = i64>) -> Vec<Value> {
    numbers.into_iter().map(Value::Integer).collect()
}
