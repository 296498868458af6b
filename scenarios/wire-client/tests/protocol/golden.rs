//! What a real server said, byte for byte, and what it meant.
//!
//! The files `golden/version-2.resp` and `golden/version-3.resp` are what Redis 7.0.15
//! sent in answer to the commands below, one reply after the other. This captures them
//! anew, with a `redis-server` of its own:
//!
//! `CAPTURE=yes cargo test -p wire-client --test protocol captured -- --ignored`

use wire_client::protocol::{Limits, Value};

use crate::{bulk, decoded, error, integers, simple, text, verbatim};

pub(super) const VERSIONS: [Golden; 2] = [
    Golden { version: 2, bytes: include_bytes!("golden/version-2.resp"), said: in_version_2 },
    Golden { version: 3, bytes: include_bytes!("golden/version-3.resp"), said: in_version_3 },
];

/// What was said in one version of the protocol.
pub(super) struct Golden {
    pub(super) version: i64,
    pub(super) bytes: &'static [u8],
    pub(super) said: fn() -> Vec<Exchange>,
}

#[expect(clippy::approx_constant, reason = "it is what the server says")]
const A_DOUBLE: f64 = 3.141;

/// A command, and what it is answered with: the reply, and what is pushed with it.
pub(super) type Exchange = (&'static str, Vec<Value>);

#[test]
fn what_a_server_said_is_understood() {
    for golden in VERSIONS {
        let (values, error) = decoded(Limits::default(), [golden.bytes]);
        assert_eq!(error, None);
        let meant: Vec<_> = (golden.said)().into_iter().flat_map(|(_, values)| values).collect();
        for (value, meant) in values.iter().zip(&meant) {
            assert_eq!(value, meant, "in version {}", golden.version);
        }
        assert_eq!(values.len(), meant.len(), "in version {}", golden.version);
    }
}

#[test]
fn it_is_understood_byte_by_byte_too() {
    for golden in VERSIONS {
        let whole = decoded(Limits::default(), [golden.bytes]);
        assert_eq!(whole, decoded(Limits::default(), golden.bytes.chunks(1)));
    }
}

fn in_version_2() -> Vec<Exchange> {
    let array = Value::Array;
    let bulks = |words: &[&'static str]| array(words.iter().map(|word| bulk(word)).collect());
    [
        common(),
        vec![
            ("GET nobody", vec![Value::Null]),
            ("BLPOP nothing 0.01", vec![Value::Null]),
            ("HGETALL hash", vec![bulks(&["field", "value", "other", ""])]),
            ("SMEMBERS numbers", vec![bulks(&["1", "2", "3"])]),
            ("ZADD board INCR 0.5 a", vec![bulk("2")]),
            ("ZSCORE board b", vec![bulk("inf")]),
            (
                "ZRANGE board 0 -1 WITHSCORES",
                vec![bulks(&["c", "-inf", "a", "2", "d", "1e+100", "b", "inf"])],
            ),
            ("CONFIG GET maxmemory", vec![bulks(&["maxmemory", "0"])]),
            ("DEBUG PROTOCOL double", vec![bulk("3.141")]),
            ("DEBUG PROTOCOL null", vec![Value::Null]),
            ("DEBUG PROTOCOL set", vec![array(integers(0..3))]),
            ("DEBUG PROTOCOL map", vec![array(integers([0, 0, 1, 1, 2, 0]))]),
            ("DEBUG PROTOCOL attrib", vec![bulk("Some real reply following the attribute")]),
            ("DEBUG PROTOCOL push", vec![error("ERR RESP2 is not supported by this command")]),
            ("DEBUG PROTOCOL verbatim", vec![bulk("This is a verbatim\nstring")]),
            ("DEBUG PROTOCOL true", vec![Value::Integer(1)]),
            ("DEBUG PROTOCOL false", vec![Value::Integer(0)]),
            ("DEBUG PROTOCOL bignum", vec![bulk("1234567999999999999999999999999999999")]),
            ("SUBSCRIBE news", vec![array(vec![bulk("subscribe"), bulk("news"), Value::Integer(1)])]),
            ("PING", vec![bulks(&["pong", ""])]),
            (
                "GET greeting",
                vec![error(
                    "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET \
                     are allowed in this context",
                )],
            ),
            (
                "UNSUBSCRIBE",
                vec![array(vec![bulk("unsubscribe"), bulk("news"), Value::Integer(0)])],
            ),
        ],
    ]
    .concat()
}

fn in_version_3() -> Vec<Exchange> {
    let array = Value::Array;
    let scored = |name, score| array(vec![bulk(name), Value::Double(score)]);
    let push = |kind, channel, number| {
        Value::Push(vec![bulk(kind), bulk(channel), Value::Integer(number)])
    };
    let number = |key, value| (Value::Integer(key), Value::Boolean(value));
    [
        common(),
        vec![
            ("GET nobody", vec![Value::Null]),
            ("BLPOP nothing 0.01", vec![Value::Null]),
            (
                "HGETALL hash",
                vec![Value::Map(vec![(bulk("field"), bulk("value")), (bulk("other"), bulk(""))])],
            ),
            ("SMEMBERS numbers", vec![Value::Set(vec![bulk("1"), bulk("2"), bulk("3")])]),
            ("ZADD board INCR 0.5 a", vec![Value::Double(2.0)]),
            ("ZSCORE board b", vec![Value::Double(f64::INFINITY)]),
            (
                "ZRANGE board 0 -1 WITHSCORES",
                vec![array(vec![
                    scored("c", f64::NEG_INFINITY),
                    scored("a", 2.0),
                    scored("d", 1e100),
                    scored("b", f64::INFINITY),
                ])],
            ),
            ("CONFIG GET maxmemory", vec![Value::Map(vec![(bulk("maxmemory"), bulk("0"))])]),
            ("DEBUG PROTOCOL double", vec![Value::Double(A_DOUBLE)]),
            ("DEBUG PROTOCOL null", vec![Value::Null]),
            ("DEBUG PROTOCOL set", vec![Value::Set(integers(0..3))]),
            (
                "DEBUG PROTOCOL map",
                vec![Value::Map(vec![number(0, false), number(1, true), number(2, false)])],
            ),
            ("DEBUG PROTOCOL attrib", vec![bulk("Some real reply following the attribute")]),
            (
                "DEBUG PROTOCOL push",
                vec![
                    Value::Push(vec![bulk("server-cpu-usage"), Value::Integer(42)]),
                    bulk("Some real reply following the push reply"),
                ],
            ),
            ("DEBUG PROTOCOL verbatim", vec![verbatim("This is a verbatim\nstring")]),
            ("DEBUG PROTOCOL true", vec![Value::Boolean(true)]),
            ("DEBUG PROTOCOL false", vec![Value::Boolean(false)]),
            (
                "DEBUG PROTOCOL bignum",
                vec![Value::BigNumber(text("1234567999999999999999999999999999999"))],
            ),
            ("SUBSCRIBE news", vec![push("subscribe", "news", 1)]),
            (
                "PUBLISH news text",
                vec![
                    Value::Push(vec![bulk("message"), bulk("news"), bulk("text")]),
                    Value::Integer(1),
                ],
            ),
            ("GET greeting", vec![bulk("hello")]),
            ("UNSUBSCRIBE", vec![push("unsubscribe", "news", 0)]),
            // A push within a reply: it takes the place of what SUBSCRIBE is answered with.
            ("MULTI", vec![simple("OK")]),
            ("SUBSCRIBE more", vec![simple("QUEUED")]),
            ("PING", vec![simple("QUEUED")]),
            ("EXEC", vec![array(vec![push("subscribe", "more", 1), simple("PONG")])]),
        ],
    ]
    .concat()
}

/// What both versions say alike.
fn common() -> Vec<Exchange> {
    let array = Value::Array;
    let innermost = array(vec![bulk("four"), Value::Null]);
    let inner = array(vec![Value::Integer(3), innermost]);
    let nested = array(vec![Value::Integer(1), array(vec![Value::Integer(2), inner])]);
    vec![
        ("PING", vec![simple("PONG")]),
        ("SET greeting hello", vec![simple("OK")]),
        ("GET greeting", vec![bulk("hello")]),
        ("APPEND empty \"\"", vec![Value::Integer(0)]),
        ("INCR counter", vec![Value::Integer(1)]),
        ("INCRBY counter -9223372036854775808", vec![Value::Integer(i64::MIN + 1)]),
        ("INCR greeting", vec![error("ERR value is not an integer or out of range")]),
        ("NOSUCH", vec![error("ERR unknown command 'NOSUCH', with args beginning with: ")]),
        (
            "LPUSH greeting a",
            vec![error("WRONGTYPE Operation against a key holding the wrong kind of value")],
        ),
        ("RPUSH list a b", vec![Value::Integer(2)]),
        ("LRANGE list 0 -1", vec![array(vec![bulk("a"), bulk("b")])]),
        ("LRANGE none 0 -1", vec![array(vec![])]),
        ("HSET hash field value other \"\"", vec![Value::Integer(2)]),
        ("SADD numbers 3 1 2", vec![Value::Integer(3)]),
        ("ZADD board 1.5 a inf b -inf c 1e100 d", vec![Value::Integer(4)]),
        ("MGET greeting nobody", vec![array(vec![bulk("hello"), Value::Null])]),
        ("SETRANGE bytes 2 \"\r\n\"", vec![Value::Integer(4)]),
        ("GET bytes", vec![bulk("\0\0\r\n")]),
        ("EVAL \"return {1, {2, {3, {'four', false}}}}\" 0", vec![nested]),
        ("EVAL \"return redis.error_reply('NO two\\nlines')\" 0", vec![error("NO two lines")]),
        ("DEBUG PROTOCOL string", vec![bulk("Hello World")]),
        ("DEBUG PROTOCOL integer", vec![Value::Integer(12345)]),
        ("DEBUG PROTOCOL array", vec![array(integers(0..3))]),
        ("CLIENT REPLY SKIP", vec![]),
        ("PING", vec![]),
        ("PING text", vec![bulk("text")]),
    ]
}
