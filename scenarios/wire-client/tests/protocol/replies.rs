//! What a server says, and what it means.

use bytes::BytesMut;
use wire_client::protocol::{Decoder, Value};

use crate::{bulk, error, integers, simple, text, verbatim};

/// The only reply in the text.
fn reply(said: &[u8]) -> Value {
    let mut buffer = BytesMut::from(said);
    let value =
        Decoder::default().decode(&mut buffer).expect("a reply").expect("all of it is there");
    assert_eq!(&buffer[..], b"", "after {value:?}");
    value
}

#[test]
fn every_kind_is_understood() {
    assert_eq!(reply(b"+OK\r\n"), simple("OK"));
    assert_eq!(reply(b"+\r\n"), simple(""));
    assert_eq!(reply(b"-ERR no\r\n"), error("ERR no"));
    assert_eq!(reply(b"!7\r\nERR\r\nno\r\n"), error("ERR\r\nno"));
    assert_eq!(reply(b":-12\r\n"), Value::Integer(-12));
    assert_eq!(reply(b"$5\r\na\r\nbc\r\n"), bulk("a\r\nbc"));
    assert_eq!(reply(b"$0\r\n\r\n"), bulk(""));
    assert_eq!(reply(b"=8\r\ntxt:Some\r\n"), verbatim("Some"));
    assert_eq!(reply(b"#t\r\n"), Value::Boolean(true));
    assert_eq!(reply(b"#f\r\n"), Value::Boolean(false));
    assert_eq!(
        reply(b"(-12345678901234567890\r\n"),
        Value::BigNumber(text("-12345678901234567890"))
    );
    assert_eq!(reply(b"*1\r\n:1\r\n"), Value::Array(integers([1])));
    assert_eq!(reply(b"~1\r\n:1\r\n"), Value::Set(integers([1])));
    assert_eq!(reply(b">1\r\n:1\r\n"), Value::Push(integers([1])));
    assert_eq!(reply(b"%1\r\n:1\r\n$1\r\na\r\n"), Value::Map(vec![(Value::Integer(1), bulk("a"))]));
    assert_eq!(reply(b"*0\r\n"), Value::Array(vec![]));
    assert_eq!(reply(b"~0\r\n"), Value::Set(vec![]));
    assert_eq!(reply(b">0\r\n"), Value::Push(vec![]));
    assert_eq!(reply(b"%0\r\n"), Value::Map(vec![]));
}

#[test]
fn null_has_three_spellings() {
    for said in [&b"_\r\n"[..], b"$-1\r\n", b"*-1\r\n"] {
        assert_eq!(reply(said), Value::Null);
    }
}

#[test]
fn integers_may_have_a_sign_and_zeros_in_front() {
    for (said, number) in [
        (&b":0\r\n"[..], 0),
        (b":+7\r\n", 7),
        (b":-0\r\n", 0),
        (b":007\r\n", 7),
        (b":9223372036854775807\r\n", i64::MAX),
        (b":-9223372036854775808\r\n", i64::MIN),
        (b":00000000000000000000000000000000000001\r\n", 1),
    ] {
        assert_eq!(reply(said), Value::Integer(number));
    }
    assert_eq!(reply(b"$03\r\nabc\r\n"), bulk("abc"));
}

#[test]
fn doubles_are_decimal_infinite_or_not_a_number() {
    for (said, number) in [
        (&b",2.625\r\n"[..], 2.625),
        (b",10\r\n", 10.0),
        (b",-1.5e-7\r\n", -1.5e-7),
        (b",+2E+3\r\n", 2000.0),
        (b",1.7976931348623157e308\r\n", f64::MAX),
        (b",inf\r\n", f64::INFINITY),
        (b",+inf\r\n", f64::INFINITY),
        (b",-inf\r\n", f64::NEG_INFINITY),
    ] {
        assert_eq!(reply(said), Value::Double(number));
    }
    for said in [&b",nan\r\n"[..], b",-nan\r\n"] {
        assert!(matches!(reply(said), Value::Double(number) if number.is_nan()));
    }
}

#[test]
fn an_attribute_is_passed_over_wherever_it_stands() {
    assert_eq!(reply(b"|1\r\n+ttl\r\n:3600\r\n:1\r\n"), Value::Integer(1));
    assert_eq!(reply(b"|0\r\n:1\r\n"), Value::Integer(1));
    assert_eq!(reply(b"|1\r\n+a\r\n*1\r\n:9\r\n|1\r\n+b\r\n_\r\n:1\r\n"), Value::Integer(1));
    let said = b"*3\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n|0\r\n:3\r\n";
    assert_eq!(reply(said), Value::Array(integers(1..=3)));
    let said = b"%1\r\n|1\r\n+a\r\n+b\r\n:2\r\n|0\r\n:3\r\n";
    assert_eq!(reply(said), Value::Map(vec![(Value::Integer(2), Value::Integer(3))]));
}

#[test]
fn an_attribute_alone_is_no_reply() {
    let mut buffer = BytesMut::from(&b"|1\r\n+a\r\n+b\r\n"[..]);
    let mut decoder = Decoder::default();
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert!(decoder.in_reply(&buffer), "what it is about is still to come");
}

#[test]
fn arrays_stand_within_each_other() {
    let said = b"*3\r\n*2\r\n:1\r\n*0\r\n%1\r\n+a\r\n~1\r\n:1\r\n>1\r\n:1\r\n";
    let inner = Value::Array(vec![Value::Integer(1), Value::Array(vec![])]);
    let map = Value::Map(vec![(simple("a"), Value::Set(integers([1])))]);
    assert_eq!(reply(said), Value::Array(vec![inner, map, Value::Push(integers([1]))]));
}

#[test]
fn a_text_is_a_part_of_the_buffer_and_no_copy() {
    let mut buffer = BytesMut::from(&b"$5\r\nhello\r\n"[..]);
    let there = buffer.as_ptr().wrapping_add(4);
    let Ok(Some(Value::BulkString(text))) = Decoder::default().decode(&mut buffer) else {
        panic!("no text")
    };
    assert_eq!(text.as_ptr(), there);
}

#[test]
fn a_value_gives_its_number_and_its_text() {
    assert_eq!(Value::Integer(7).as_integer(), Some(7));
    assert_eq!(bulk("7").as_integer(), None);
    for value in [simple("a"), bulk("a"), verbatim("a")] {
        assert_eq!(value.as_text(), Some(&text("a")));
    }
    assert_eq!(error("a").as_text(), None);
    assert_eq!(Value::BigNumber(text("1")).as_text(), None);
}

#[test]
fn a_line_that_is_said_has_one_end() {
    let mut said = BytesMut::new();
    simple("a\r\n:1").encode(&mut said);
    Value::BigNumber(text("1\n2")).encode(&mut said);
    assert_eq!(said, "+a  :1\r\n(1 2\r\n");
}

#[test]
fn doubles_are_said_as_redis_says_them() {
    let mut said = BytesMut::new();
    for number in [0.0, 1.0, 2.625, -0.5, 1e16, 1e17, 1e300, 5e-324, f64::NEG_INFINITY, -f64::NAN] {
        Value::Double(number).encode(&mut said);
    }
    let expected =
        ["0", "1", "2.625", "-0.5", "10000000000000000", "1e17", "1e300", "5e-324", "-inf"];
    let expected = expected.map(|number| format!(",{number}\r\n")).concat() + ",nan\r\n";
    assert_eq!(said, expected);
}

#[test]
fn an_error_of_one_short_line_is_said_in_a_line() {
    let mut said = BytesMut::new();
    error("ERR value is not an integer").encode(&mut said);
    error("ERR two\nlines").encode(&mut said);
    assert_eq!(said, "-ERR value is not an integer\r\n!13\r\nERR two\nlines\r\n");
}
