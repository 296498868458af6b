//! No byte is looked at twice, and none has memory of its own.

use allocation_counter::measure;
use bytes::BytesMut;
use wire_client::protocol::{Decoder, Value};

#[test]
fn a_line_that_trickles_in_is_searched_once() {
    let said = [b"+".as_slice(), &[b'x'; 10_000], b"\r\n"].concat();
    assert_eq!(searched_byte_by_byte(&said), said.len() as u64);
}

#[test]
fn an_array_that_trickles_in_is_searched_once() {
    let said = [b"*3000\r\n".as_slice(), &b":123456\r\n".repeat(3000)].concat();
    assert_eq!(searched_byte_by_byte(&said), said.len() as u64);
}

#[test]
fn a_bulk_string_that_trickles_in_is_not_searched() {
    let header = b"$20000\r\n";
    let said = [header.as_slice(), &[b'\n'; 20_000], b"\r\n"].concat();
    assert_eq!(searched_byte_by_byte(&said), header.len() as u64);
}

#[test]
fn to_ask_again_without_more_bytes_is_no_work() {
    for said in [&b"+begun"[..], b"+begun\r", b"*2\r\n:1\r\n$5\r\nab"] {
        let mut decoder = Decoder::default();
        let mut buffer = BytesMut::from(said);
        assert_eq!(decoder.decode(&mut buffer), Ok(None));
        let searched = decoder.searched();
        let taken = measure(|| {
            for _ in 0..1000 {
                assert_eq!(decoder.decode(&mut buffer), Ok(None));
            }
        });
        assert_eq!(decoder.searched(), searched);
        assert_eq!(taken.count_total, 0);
    }
}

#[test]
fn ten_thousand_texts_are_no_allocation_each() {
    let said = [b"*10000\r\n".as_slice(), &b"$5\r\nhello\r\n".repeat(10_000)].concat();
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::from(&said[..]);
    let taken = measure(|| {
        assert!(matches!(decoder.decode(&mut buffer), Ok(Some(Value::Array(_)))));
    });
    // The array, the stack of those that have begun, and the count of who has the buffer.
    assert!(taken.count_total <= 3, "{taken:?}");
}

#[test]
fn numbers_and_ok_let_go_of_the_buffer() {
    for (said, is_let_go) in [(&b":1\r\n"[..], true), (b"+OK\r\n", true), (b"+NO\r\n", false)] {
        let mut buffer = BytesMut::with_capacity(64);
        buffer.extend_from_slice(said);
        let value = Decoder::default().decode(&mut buffer);
        assert!(matches!(value, Ok(Some(_))));
        assert_eq!(buffer.try_reclaim(64), is_let_go, "{value:?}");
    }
}

fn searched_byte_by_byte(said: &[u8]) -> u64 {
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::new();
    let (last, first) = said.split_last().expect("bytes");
    for byte in first {
        buffer.extend_from_slice(&[*byte]);
        assert_eq!(decoder.decode(&mut buffer), Ok(None));
    }
    buffer.extend_from_slice(&[*last]);
    assert!(matches!(decoder.decode(&mut buffer), Ok(Some(_))));
    decoder.searched()
}
