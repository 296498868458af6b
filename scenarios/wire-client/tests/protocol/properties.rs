//! What holds for any value, and for any bytes however they are cut.

use allocation_counter::measure;
use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wire_client::protocol::{Command, Decoder, Limits, Value};

use crate::{any, decoded};

/// So small that rubbish often asks for more.
const SMALL: Limits = Limits { bytes: 1000, values: 100, depth: 4, line: 30 };

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_to_the_same(value in any::value()) {
        let said = encoded([&value]);
        let (values, error) = decoded(Limits::default(), [&said[..]]);
        prop_assert_eq!(error, None);
        prop_assert_eq!(values.len(), 1);
        prop_assert!(is_same(&values[0], &value), "{:?} became {:?}", value, values[0]);
    }

    #[test]
    fn values_come_in_order_however_their_bytes_are_cut(
        values in vec(any::value(), 1..6),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let said = encoded(&values);
        let (got, error) = decoded(Limits::default(), parts(&said, &cuts));
        prop_assert_eq!(error, None);
        prop_assert_eq!(got.len(), values.len());
        prop_assert!(got.iter().zip(&values).all(|(got, value)| is_same(got, value)));
    }

    #[test]
    fn nothing_is_complete_before_its_last_byte(value in any::value()) {
        let said = encoded([&value]);
        let mut decoder = Decoder::default();
        let mut buffer = BytesMut::new();
        for byte in &said[..said.len() - 1] {
            buffer.extend_from_slice(&[*byte]);
            prop_assert!(matches!(decoder.decode(&mut buffer), Ok(None)));
            prop_assert!(decoder.in_reply(&buffer));
        }
        buffer.extend_from_slice(b"\n");
        prop_assert!(matches!(decoder.decode(&mut buffer), Ok(Some(_))));
        prop_assert!(!decoder.in_reply(&buffer));
    }

    #[test]
    fn rubbish_says_the_same_however_it_is_cut(
        said in any::bytes(),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        for limits in [Limits::default(), SMALL] {
            let (whole, whole_error) = decoded(limits, [&said[..]]);
            let (got, error) = decoded(limits, parts(&said, &cuts));
            let (single, single_error) = decoded(limits, said.chunks(1));
            prop_assert_eq!(&whole_error, &error);
            prop_assert_eq!(&whole_error, &single_error);
            prop_assert_eq!(whole.len(), got.len());
            prop_assert!(whole.iter().zip(&got).all(|(one, other)| is_same(one, other)));
            prop_assert!(whole.iter().zip(&single).all(|(one, other)| is_same(one, other)));
        }
    }

    #[test]
    fn an_error_stays(said in any::bytes(), more in any::bytes()) {
        let mut decoder = Decoder::new(SMALL);
        let mut buffer = BytesMut::from(&said[..]);
        let error = loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => break error,
            }
        };
        for more in more.chunks(3) {
            buffer.extend_from_slice(more);
            prop_assert_eq!(decoder.decode(&mut buffer), Err(error.clone()));
        }
    }

    #[test]
    fn rubbish_takes_no_more_memory_than_the_limits(said in any::bytes()) {
        let mut decoder = Decoder::new(SMALL);
        let mut buffer = BytesMut::from(&said[..]);
        // The buffer is that of who reads. A vector that grows is there twice for a
        // moment, a map's pair is two values, and an array that has begun is a few words.
        let allowed = SMALL.values * size_of::<Value>() * 2 * 3 + SMALL.depth * 200 + 1000;
        let taken = measure(|| while let Ok(Some(_)) = decoder.decode(&mut buffer) {});
        prop_assert!(taken.bytes_max <= allowed as u64, "{} of {allowed} bytes", taken.bytes_max);
    }

    #[test]
    fn a_command_is_what_its_words_are(words in vec(vec(any::<u8>(), 0..30), 0..12)) {
        let mut command = Command::new("NAME");
        words.iter().for_each(|word| command.push(word));
        let all = || std::iter::once(&b"NAME"[..]).chain(words.iter().map(|word| &word[..]));
        prop_assert!(command.words().eq(all()));
        let as_value = Value::Array(all().map(|word| Value::BulkString(word.to_vec().into())).collect());
        prop_assert_eq!(command.as_bytes(), &encoded([&as_value])[..]);
    }
}

fn encoded<'a>(values: impl IntoIterator<Item = &'a Value>) -> BytesMut {
    let mut said = BytesMut::new();
    values.into_iter().for_each(|value| value.encode(&mut said));
    said
}

/// The same bytes, cut at these places.
fn parts<'a>(said: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(said.len() + 1)).collect();
    places.extend([0, said.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| &said[ends[0]..ends[1]]).collect()
}

/// Also where a part is not a number, which is never equal to itself, and with zero's sign.
fn is_same(one: &Value, other: &Value) -> bool {
    format!("{one:?}") == format!("{other:?}")
}
