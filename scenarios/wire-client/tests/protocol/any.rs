//! Any value that a server can send, and any bytes.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use wire_client::protocol::Value;

/// Any value, up to six arrays within each other.
pub(super) fn value() -> impl Strategy<Value = Value> {
    let text = || vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let line = || {
        let bytes = any::<u8>().prop_filter("no end", |byte| !matches!(byte, b'\r' | b'\n'));
        vec(bytes, 0..40).prop_map(Bytes::from)
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        double().prop_map(Value::Double),
        "[+-]?[0-9]{1,40}".prop_map(|digits| Value::BigNumber(digits.into())),
        line().prop_map(Value::SimpleString),
        text().prop_map(Value::BulkString),
        (any::<[u8; 3]>(), text()).prop_map(|(kind, text)| Value::VerbatimString(kind, text)),
        text().prop_map(Value::Error),
        vec(any::<u8>(), 500..530).prop_map(|long| Value::Error(long.into())),
    ];
    leaf.prop_recursive(6, 60, 8, |part| {
        prop_oneof![
            vec(part.clone(), 0..8).prop_map(Value::Array),
            vec(part.clone(), 0..8).prop_map(Value::Set),
            vec(part.clone(), 0..8).prop_map(Value::Push),
            vec((part.clone(), part), 0..4).prop_map(Value::Map),
        ]
    })
}

/// Any number of 64 bits, and those in its corners. There is one that is none: the
/// protocol knows no others.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(|bits| {
            let number = f64::from_bits(bits);
            if number.is_nan() { f64::NAN } else { number }
        }),
        any::<f64>(),
        prop::sample::select(&[0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e17][..]),
    ]
}

/// Bytes that are often nearly a reply.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::sample::select(PARTS).prop_map(|part| part.to_vec()),
        2 => vec(prop::sample::select(&b"+-:$*_#,(!=%~>|0123456789\r\n?tfe.-"[..]), 1..4),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

const PARTS: &[&[u8]] = &[
    b"\r\n",
    b"*2\r\n",
    b"*3\r\n",
    b"*1000\r\n",
    b"%1\r\n",
    b"~1\r\n",
    b">1\r\n",
    b"|1\r\n",
    b"|0\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"*4611686018427387904\r\n",
    b"%4611686018427387904\r\n",
    b"$4611686018427387904\r\n",
    b"$18446744073709551615\r\n",
    b"$18446744073709551616\r\n",
    b"$900\r\n",
    b"$-1\r\n",
    b"$3\r\nabc\r\n",
    b"$3\r\nabcd\r\n",
    b"!3\r\nERR\r\n",
    b"=7\r\ntxt:abc\r\n",
    b"=4\r\ntxt:\r\n",
    b":1\r\n",
    b":-9223372036854775808\r\n",
    b":9223372036854775808\r\n",
    b",1.5\r\n",
    b",inf\r\n",
    b"(12\r\n",
    b"+OK\r\n",
    b"-ERR\r\n",
    b"_\r\n",
    b"#t\r\n",
];
