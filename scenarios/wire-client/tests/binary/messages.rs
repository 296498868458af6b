//! What is in a message's bytes.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use wire_client::binary::{BinaryError, Code, Decoder, HEADER, Message, Payload};

const LARGEST: usize = 100;

fn encoded<'a>(messages: impl IntoIterator<Item = &'a Message>) -> BytesMut {
    let mut said = BytesMut::new();
    messages.into_iter().for_each(|message| message.encode(&mut said));
    said
}

/// All that is in these parts, until the bytes end or are no message.
fn decoded<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Message>, Option<BinaryError>) {
    let mut decoder = Decoder::new(LARGEST);
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    for part in parts {
        buffer.extend_from_slice(part);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut buffer), Err(error.clone()), "it stays one");
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}

#[test]
fn a_message_is_a_header_and_a_payload() {
    let said = encoded(&[Message::about(Code::Increment, "seats")]);
    assert_eq!(&said[..], b"\x03\x01\0\0\0\x05seats");
    let said = encoded(&[Message { code: Code::Reply, payload: Payload::Integer(-2) }]);
    assert_eq!(&said[..], b"\x80\x02\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xfe");
    let said = encoded(&[Message { code: Code::Reply, payload: Payload::Nothing }]);
    assert_eq!(&said[..], b"\x80\0\0\0\0\0");
    assert_eq!(said.len(), HEADER);
}

#[test]
fn what_is_no_message_is_refused_by_its_header() {
    for (said, words) in [
        (&b"\0\0\0\0\0\0"[..], "a message has the code 0, which says nothing in this protocol"),
        (b"H\0\0\0\0\0", "a message has the code 72, which says nothing in this protocol"),
        (b"\x01\x03\0\0\0\0", "a payload has the encoding 3, which says nothing in this protocol"),
        (b"\x01\0\0\0\0\x01", "a payload of the encoding 0 has 1 bytes"),
        (b"\x01\x02\0\0\0\x07", "a payload of the encoding 2 has 7 bytes"),
        (b"\x01\x01\0\0\0\x65", "a payload has 101 bytes, and 100 are allowed"),
        (b"\x01\x01\xff\xff\xff\xff", "a payload has 4294967295 bytes, and 100 are allowed"),
    ] {
        let (messages, error) = decoded([said]);
        assert_eq!(messages, []);
        assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(words));
    }
}

#[test]
fn the_largest_payload_is_allowed() {
    let payload = Payload::Bytes(Bytes::from_static(&[7; LARGEST]));
    let message = Message { code: Code::Echo, payload };
    assert_eq!(decoded([&encoded([&message])[..]]), (vec![message], None));
}

fn any_message() -> impl Strategy<Value = Message> {
    const CODES: [Code; 5] = [Code::Echo, Code::Get, Code::Increment, Code::Reply, Code::Refusal];
    let payload = prop_oneof![
        Just(Payload::Nothing),
        any::<i64>().prop_map(Payload::Integer),
        vec(any::<u8>(), 0..LARGEST).prop_map(|bytes| Payload::Bytes(bytes.into())),
    ];
    (prop::sample::select(&CODES[..]), payload)
        .prop_map(|(code, payload)| Message { code, payload })
}

proptest! {
    #[test]
    fn messages_come_in_order_however_their_bytes_are_cut(
        messages in vec(any_message(), 0..6),
        piece in 1_usize..40,
    ) {
        let said = encoded(&messages);
        prop_assert_eq!(decoded([&said[..]]), (messages.clone(), None));
        prop_assert_eq!(decoded(said.chunks(piece)), (messages.clone(), None));
        prop_assert_eq!(decoded(said.chunks(1)), (messages, None));
    }

    #[test]
    fn rubbish_says_the_same_however_it_is_cut(
        said in vec(prop_oneof![0_u8..4, Just(128), Just(129), any::<u8>()], 0..60),
        piece in 1_usize..40,
    ) {
        prop_assert_eq!(decoded([&said[..]]), decoded(said.chunks(piece)));
    }
}
