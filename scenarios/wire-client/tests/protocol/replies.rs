//! What a server says, and what it means.

use bytes::{Bytes, BytesMut};
use wire_client::protocol::{Decoder, Value};

/// The only reply in the text.
fn reply(said: &[u8]) -> Value {
    let mut buffer = BytesMut::from(said);
    let value = Decoder::default().decode(&mut buffer).unwrap().expect("all of it is there");
    assert_eq!(&buffer[..], b"", "after {value:?}");
    value
}

fn text(said: &'static str) -> Bytes {
    Bytes::from_static(said.as_bytes())
}

#[test]
fn every_kind_is_understood() {
    let bulk = |said| Value::BulkString(text(said));
    assert_eq!(reply(b"+OK\r\n"), Value::SimpleString(text("OK")));
    assert_eq!(reply(b"+\r\n"), Value::SimpleString(text("")));
    assert_eq!(reply(b"-ERR no\r\n"), Value::Error(text("ERR no")));
    assert_eq!(reply(b"!7\r\nERR\r\nno\r\n"), Value::Error(text("ERR\r\nno")));
    assert_eq!(reply(b":-12\r\n"), Value::Integer(-12));
    assert_eq!(reply(b"$5\r\na\r\nbc\r\n"), bulk("a\r\nbc"));
    assert_eq!(reply(b"$0\r\n\r\n"), bulk(""));
    assert_eq!(reply(b"=8\r\ntxt:Some\r\n"), Value::VerbatimString(*b"txt", text("Some")));
    assert_eq!(reply(b"#t\r\n"), Value::Boolean(true));
    assert_eq!(reply(b"#f\r\n"), Value::Boolean(false));
    assert_eq!(
        reply(b"(-12345678901234567890\r\n"),
        Value::BigNumber(text("-12345678901234567890"))
    );
    let one = || vec![Value::Integer(1)];
    assert_eq!(reply(b"*1\r\n:1\r\n"), Value::Array(one()));
    assert_eq!(reply(b"~1\r\n:1\r\n"), Value::Set(one()));
    assert_eq!(reply(b">1\r\n:1\r\n"), Value::Push(one()));
    assert_eq!(reply(b"%1\r\n:1\r\n$1\r\na\r\n"), Value::Map(vec![(Value::Integer(1), bulk("a"))]));
    assert_eq!(reply(b"*0\r\n"), Value::Array(vec![]));
    assert_eq!(reply(b"%0\r\n"), Value::Map(vec![]));
}

#[test]
fn null_has_three_spellings() {
    for said in [&b"_\r\n"[..], b"$-1\r\n", b"*-1\r\n"] {
        assert_eq!(reply(said), Value::Null);
    }
}
