//! What is no reply, and what is said about it.

use wire_client::protocol::{Limits, ProtocolError};

use crate::decoded;

/// Each is refused as soon as these bytes are there, with these words.
#[track_caller]
fn refused(cases: &[(&[u8], &str)]) {
    for (said, words) in cases {
        let (_, error) = decoded(Limits::default(), [*said]);
        let error = error.map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(*words), "{}", said.escape_ascii());
    }
}

#[test]
fn rubbish_is_refused_by_its_first_byte() {
    refused(&[
        (b"H", "a reply begins with the byte 0x48, which says nothing in this protocol"),
        (b"+OK\r\n\r", "a reply begins with the byte 0x0d, which says nothing in this protocol"),
        (b"*1\r\n\0", "a reply begins with the byte 0x00, which says nothing in this protocol"),
    ]);
}

#[test]
fn a_line_ends_with_both_of_its_bytes() {
    let words = "a line does not end with CR and LF";
    refused(&[(b"+OK\n", words), (b"+OK\rx", words), (b"+\n", words), (b"*1\r\n:1\r:", words)]);
}

#[test]
fn a_text_ends_where_its_length_says() {
    refused(&[
        (b"$2\r\nabc\r", "a text of 2 bytes is not followed by CR and LF"),
        (b"$3\r\nab\r\n:", "a text of 3 bytes is not followed by CR and LF"),
        (b"!0\r\n\n\n", "a text of 0 bytes is not followed by CR and LF"),
        (b"=4\r\ntxt:\r\r", "a text of 4 bytes is not followed by CR and LF"),
    ]);
}

#[test]
fn integers_are_digits_of_64_bits() {
    refused(&[
        (b":\r\n", "\"\" is not a number"),
        (b":-\r\n", "\"-\" is not a number"),
        (b":+-1\r\n", "\"+-1\" is not a number"),
        (b":1 \r\n", "\"1 \" is not a number"),
        (b":1.0\r\n", "\"1.0\" is not a number"),
        (b":0x1\r\n", "\"0x1\" is not a number"),
        (b":9223372036854775808\r\n", "\"9223372036854775808\" is not a number"),
        (b":-9223372036854775809\r\n", "\"-9223372036854775809\" is not a number"),
        (b"(\r\n", "\"\" is not a number"),
        (b"(12e3\r\n", "\"12e3\" is not a number"),
        (b"(+\r\n", "\"+\" is not a number"),
    ]);
}

#[test]
fn doubles_are_decimal_numbers_or_one_of_three_words() {
    refused(&[
        (b",\r\n", "\"\" is not a number"),
        (b",.\r\n", "\".\" is not a number"),
        (b",1,5\r\n", "\"1,5\" is not a number"),
        (b",infinity\r\n", "\"infinity\" is not a number"),
        (b",NaN\r\n", "\"NaN\" is not a number"),
        (b",e5\r\n", "\"e5\" is not a number"),
        (b",1e\r\n", "\"1e\" is not a number"),
        (b",\xff\r\n", "\"\\xff\" is not a number"),
    ]);
}

#[test]
fn lengths_are_digits_and_have_no_sign() {
    refused(&[
        (b"$\r\n", "\"\" is not a length"),
        (b"$+1\r\n", "\"+1\" is not a length"),
        (b"$-2\r\n", "\"-2\" is not a length"),
        (b"$-01\r\n", "\"-01\" is not a length"),
        (b"$1a\r\n", "\"1a\" is not a length"),
        (b"*-2\r\n", "\"-2\" is not a length"),
        (b"* 1\r\n", "\" 1\" is not a length"),
    ]);
}

#[test]
fn only_bulk_strings_and_arrays_have_a_length_that_means_null() {
    let words = "\"-1\" is not a length";
    refused(&[
        (b"!-1\r\n", words),
        (b"=-1\r\n", words),
        (b"%-1\r\n", words),
        (b"~-1\r\n", words),
        (b">-1\r\n", words),
        (b"|-1\r\n", words),
    ]);
}

#[test]
fn a_null_and_a_boolean_say_what_they_are() {
    refused(&[
        (b"_0\r\n", "a null says \"0\""),
        (b"#\r\n", "\"\" is neither true nor false"),
        (b"#T\r\n", "\"T\" is neither true nor false"),
        (b"#tt\r\n", "\"tt\" is neither true nor false"),
    ]);
}

#[test]
fn a_verbatim_text_says_what_it_is() {
    let words = "a verbatim text does not say what it is";
    refused(&[(b"=3\r\n", words), (b"=0\r\n", words), (b"=4\r\ntext\r\n", words)]);
}

#[test]
fn what_is_streamed_is_refused() {
    let words = "a reply in parts whose length is not told, which Redis never sends";
    refused(&[
        (b"$?\r\n", words),
        (b"*?\r\n", words),
        (b"%?\r\n", words),
        (b"~?\r\n", words),
        (b"|?\r\n", words),
    ]);
}

#[test]
fn what_a_server_says_is_short_and_harmless_in_an_error() {
    let said = b":\x1b[31m\xe2\x80\xae\0 and so on, for a long time\r\n";
    let (_, error) = decoded(Limits::default(), [&said[..]]);
    let words = r#""\x1b[31m\xe2\x80\xae\x00 and so on, for…" is not a number"#;
    assert_eq!(error.unwrap().to_string(), words);
}

#[test]
fn what_came_before_is_still_understood() {
    let (values, error) = decoded(Limits::default(), [&b"+OK\r\n:1\r\nHTTP"[..]]);
    assert_eq!(values.len(), 2);
    assert_eq!(error, Some(ProtocolError::Kind(b'H')));
}
