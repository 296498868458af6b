//! One reply is bounded, whatever it promises.

use allocation_counter::measure;
use bytes::BytesMut;
use wire_client::protocol::{Decoder, Limits, ProtocolError, Value};

use crate::decoded;

const LIMITS: Limits = Limits { bytes: 100, values: 10, depth: 3, line: 20 };

/// It may come twice: the second reply begins to count anew.
#[track_caller]
fn within(said: &[u8]) {
    let (values, error) = decoded(LIMITS, [said, said]);
    assert_eq!((values.len(), error), (2, None), "{}", said.escape_ascii());
}

#[track_caller]
fn beyond(said: &[u8], expected: &ProtocolError) {
    let (values, error) = decoded(LIMITS, [said]);
    assert_eq!((values.len(), error.as_ref()), (0, Some(expected)), "{}", said.escape_ascii());
}

#[test]
fn bytes_are_counted_with_all_that_is_around_them() {
    let error = ProtocolError::TooManyBytes { limit: 100 };
    within(&[b"$93\r\n".as_slice(), &[0; 93], b"\r\n"].concat());
    beyond(b"$94\r\n", &error);
    beyond(b"!94\r\n", &error);
    beyond(b"=94\r\n", &error);
    // 4 bytes, and 16 for each number.
    within(&[b"*6\r\n".as_slice(), &b":1234567890123\r\n".repeat(6)].concat());
    beyond(&[b"*7\r\n".as_slice(), &b":1234567890123\r\n".repeat(7)].concat(), &error);
}

#[test]
fn a_length_that_no_memory_has_is_too_many_bytes() {
    let error = ProtocolError::TooManyBytes { limit: 100 };
    beyond(b"$4611686018427387904\r\n", &error);
    beyond(b"$9223372036854775807\r\n", &error);
    beyond(b"$18446744073709551615\r\n", &error);
    beyond(b"$18446744073709551616\r\n", &error);
    beyond(b"$99999999999999999999\r\n", &error);
}

#[test]
fn values_are_counted_in_all_arrays_together() {
    let error = ProtocolError::TooManyValues { limit: 10 };
    within(&[b"*10\r\n".as_slice(), &b"_\r\n".repeat(10)].concat());
    within(b"*2\r\n*4\r\n_\r\n_\r\n_\r\n_\r\n*4\r\n_\r\n_\r\n_\r\n_\r\n");
    beyond(b"*11\r\n", &error);
    beyond(b"~11\r\n", &error);
    beyond(b">11\r\n", &error);
    beyond(b"*6\r\n*5\r\n", &error);
    beyond(b"*4611686018427387904\r\n", &error);
    beyond(b"*18446744073709551616\r\n", &error);
}

#[test]
fn a_pair_of_a_map_is_two_values() {
    let error = ProtocolError::TooManyValues { limit: 10 };
    within(&[b"%5\r\n".as_slice(), &b"_\r\n".repeat(10)].concat());
    within(&[b"|5\r\n".as_slice(), &b"_\r\n".repeat(11)].concat());
    beyond(b"%6\r\n", &error);
    beyond(b"|6\r\n", &error);
    beyond(b"%9223372036854775808\r\n", &error);
    beyond(b"%18446744073709551615\r\n", &error);
}

#[test]
fn arrays_are_so_deep_and_no_deeper() {
    let error = ProtocolError::TooDeep { limit: 3 };
    within(b"*1\r\n~1\r\n%1\r\n:1\r\n:2\r\n");
    within(b"*1\r\n~1\r\n*0\r\n");
    within(b"|1\r\n>1\r\n*1\r\n:1\r\n:2\r\n:3\r\n");
    beyond(b"*1\r\n~1\r\n%1\r\n*1\r\n", &error);
    beyond(b"*1\r\n~1\r\n%1\r\n*0\r\n", &error);
    beyond(b"*1\r\n~1\r\n%1\r\n|0\r\n", &error);
}

#[test]
fn lines_are_so_long_and_no_longer() {
    let error = ProtocolError::LineTooLong { limit: 20 };
    within(b"+12345678901234567890\r\n");
    beyond(b"+123456789012345678901", &error);
    beyond(b"-123456789012345678901\r\n", &error);
    beyond(b"$000000000000000000001", &error);
}

#[test]
fn an_endless_line_is_refused_before_it_ends() {
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::from(&b"+"[..]);
    let mut came = 0;
    let error = loop {
        buffer.extend_from_slice(&[b'x'; 1000]);
        came += 1000;
        match decoder.decode(&mut buffer) {
            Ok(None) => assert!(came < 1_000_000),
            other => break other,
        }
    };
    assert_eq!(error, Err(ProtocolError::LineTooLong { limit: 64 << 10 }));
}

#[test]
fn endless_attributes_are_too_many_bytes() {
    beyond(&b"|0\r\n".repeat(26), &ProtocolError::TooManyBytes { limit: 100 });
}

#[test]
fn what_one_reply_used_the_next_one_has_again() {
    let said = [b"*10\r\n".as_slice(), &b":1234\r\n".repeat(10)].concat();
    let (values, error) = decoded(LIMITS, [&said[..]; 50]);
    assert_eq!((values.len(), error), (50, None));
}

#[test]
fn a_promise_takes_no_memory() {
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::from(&b"*1048576\r\n"[..]);
    let taken = measure(|| assert_eq!(decoder.decode(&mut buffer), Ok(None)));
    assert!(taken.bytes_max < 1000, "{taken:?}");
    buffer.extend_from_slice(b"*0\r\n*0");
    let taken = measure(|| assert_eq!(decoder.decode(&mut buffer), Ok(None)));
    assert!(taken.bytes_max < 1000, "{taken:?}");
}

#[test]
fn promises_within_each_other_take_what_came_of_them() {
    // Each array promises what is left, and what came behind it would be room for many.
    let depth = 31;
    let each = (1 << 20) / 32;
    let mut said = format!("*{each}\r\n").repeat(depth).into_bytes();
    said.extend(b":1\r\n".repeat(1000));
    let mut buffer = BytesMut::from(&said[..]);
    let mut decoder = Decoder::default();
    let taken = measure(|| assert_eq!(decoder.decode(&mut buffer), Ok(None)));
    let allowed = depth * (said.len() / 3 + 1) * size_of::<Value>() + 10_000;
    assert!(taken.bytes_max <= allowed as u64, "{taken:?} of {allowed}");
}

#[test]
fn what_has_come_is_let_go_with_the_error() {
    let mut said = b"*100000\r\n".to_vec();
    said.extend(b":1\r\n".repeat(50_000));
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::from(&said[..]);
    let taken = measure(|| {
        assert_eq!(decoder.decode(&mut buffer), Ok(None));
        buffer.extend_from_slice(b"?");
        assert!(decoder.decode(&mut buffer).is_err());
    });
    // The buffer may have grown meanwhile.
    assert!(taken.bytes_current < 500_000, "{taken:?}");
    assert!(taken.bytes_max > 2_000_000, "{taken:?}");
}

#[test]
fn the_deepest_reply_is_compared_printed_and_dropped_on_a_small_stack() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let run = move || {
        let said = [b"%1\r\n:1\r\n".repeat(Limits::DEEPEST), b":1\r\n".to_vec()].concat();
        let (values, error) = decoded(limits, [&said[..]]);
        assert_eq!(error, None);
        assert_eq!(values[0].clone(), values[0]);
        assert!(format!("{:?}", values[0]).len() > Limits::DEEPEST);
        let mut again = BytesMut::new();
        values[0].encode(&mut again);
        assert_eq!(again, said);
        let said = b"*1\r\n".repeat(Limits::DEEPEST + 1);
        let (_, error) = decoded(limits, [&said[..]]);
        assert_eq!(error, Some(ProtocolError::TooDeep { limit: Limits::DEEPEST }));
    };
    // A thread of std has 2 MiB, and what is built for tests takes more of it than a release.
    std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
}
