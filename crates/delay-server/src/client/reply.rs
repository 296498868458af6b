//! Reading a reply: as much of it as is wanted and no more, and by the same rules
//! in every client, so that they agree on what a server has answered.

use std::future::poll_fn;
use std::io::{self, Read};
use std::pin::pin;

use hyper::body::{Body, Bytes};
use hyper::header::CONTENT_LENGTH;
use hyper::{HeaderMap, StatusCode};

use super::Unanswered;

/// No reply that is wanted here is longer, in bytes.
pub const LONGEST_REPLY: usize = 1024 * 1024;

/// No head is, in bytes: servers rarely allow more than this either.
pub const LONGEST_HEAD: usize = 8 * 1024;

/// A head has no more lines than these.
pub const MOST_HEADERS: usize = 100;

/// Of a refusal so much is read, in bytes: its beginning tells.
pub const ENOUGH_OF_A_REFUSAL: usize = 4 * 1024;

/// Checks the head of a reply with this status, as far as its client does not.
pub fn check_head(status: StatusCode, headers: &HeaderMap) -> Result<(), Unanswered> {
    // Each stands on a line of its own, with a colon and a space.
    let line = |name: &str, value: &[u8]| name.len() + value.len() + ": \r\n".len();
    let lines = headers.iter().map(|(name, value)| line(name.as_str(), value.as_bytes()));
    if headers.len() > MOST_HEADERS || lines.sum::<usize>() > LONGEST_HEAD {
        return Err(Unanswered::HeadTooLong);
    }
    match length(headers.get_all(CONTENT_LENGTH).iter().map(|value| value.as_bytes()))? {
        Some(length) if status.is_success() && length > LONGEST_REPLY => Err(Unanswered::TooLong),
        _ => Ok(()),
    }
}

/// How many bytes are to follow a head with these values of `Content-Length`;
/// none if it does not say.
pub fn length<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Option<usize>, Unanswered> {
    let mut length = None;
    for value in values {
        let digits = value.trim_ascii();
        let number =
            str::from_utf8(digits).ok().filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        let number = number.and_then(|it| it.parse().ok());
        match (number, length) {
            (Some(number), None) => length = Some(number),
            (Some(number), Some(other)) if number == other => {}
            _ => {
                let why = "its Content-Length is not one length";
                return Err(Unanswered::NotHttp(why.to_owned()));
            }
        }
    }
    Ok(length)
}

/// Reads the text of a reply with a good or a bad status, and gives the thread
/// back while it waits. `why` tells what an error of the client means.
pub async fn read<B: Body<Data = Bytes>>(
    is_success: bool,
    body: B,
    why: impl Fn(B::Error) -> Unanswered,
) -> Result<String, Unanswered> {
    let mut body = pin!(body);
    let (mut bytes, most) = (Vec::new(), most(is_success));
    while bytes.len() < most {
        match poll_fn(|context| body.as_mut().poll_frame(context)).await {
            Some(frame) => {
                if let Some(data) = frame.map_err(&why)?.data_ref() {
                    bytes.extend_from_slice(&data[..data.len().min(most - bytes.len())]);
                }
            }
            None => break,
        }
    }
    text(is_success, bytes)
}

/// The same, and keeps the thread until all of it is there.
pub fn read_blocking(
    is_success: bool,
    body: impl Read,
    why: impl Fn(io::Error) -> Unanswered,
) -> Result<String, Unanswered> {
    let mut bytes = Vec::new();
    body.take(most(is_success) as u64).read_to_end(&mut bytes).map_err(why)?;
    text(is_success, bytes)
}

/// The text in what was read. That of a refusal is only shown, whatever it is.
pub fn text(is_success: bool, bytes: Vec<u8>) -> Result<String, Unanswered> {
    if !is_success {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    if bytes.len() > LONGEST_REPLY {
        return Err(Unanswered::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Unanswered::NotText)
}

/// How many bytes are read at most: of a reply one more than it may have, which
/// tells that it is too long.
fn most(is_success: bool) -> usize {
    if is_success { LONGEST_REPLY + 1 } else { ENOUGH_OF_A_REFUSAL }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(is_success: bool, body: impl Read) -> Result<usize, Unanswered> {
        read_blocking(is_success, body, |error| (&error).into()).map(|text| text.len())
    }

    #[test]
    fn a_reply_may_have_a_mebibyte_and_of_a_refusal_the_beginning_is_read() {
        let body = |length: usize| io::repeat(b'x').take(length as u64);
        assert_eq!(read(true, body(LONGEST_REPLY)), Ok(LONGEST_REPLY));
        assert_eq!(read(true, io::repeat(b'x')), Err(Unanswered::TooLong));
        assert_eq!(read(false, body(7)), Ok(7));
        assert_eq!(read(false, io::repeat(b'x')), Ok(ENOUGH_OF_A_REFUSAL));
    }

    #[test]
    fn a_reply_is_text_and_a_refusal_is_whatever_it_is() {
        assert_eq!(read(true, &b"caf\xe9"[..]), Err(Unanswered::NotText));
        assert_eq!(read(false, &b"caf\xe9"[..]), Ok("caf\u{fffd}".len()));
    }

    #[test]
    fn a_length_is_one_number() {
        let of = |values: &[&str]| length(values.iter().map(|value| value.as_bytes())).ok();
        assert_eq!(of(&[]), Some(None));
        assert_eq!(of(&["0"]), Some(Some(0)));
        assert_eq!(of(&[" 12 ", "12"]), Some(Some(12)));
        for wrong in [&["-1"][..], &["+1"], &["x"], &[""], &["1", "2"], &["99999999999999999999"]] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_head_has_its_bounds() {
        let head = |count: usize, length: usize| {
            let line = |number: usize| {
                let name = format!("x-{number:03}").parse().expect("a name");
                let value = "x".repeat(length).parse().expect("a value");
                (name, value)
            };
            check_head(StatusCode::OK, &(0..count).map(line).collect())
        };
        assert_eq!(head(MOST_HEADERS, 10), Ok(()));
        assert_eq!(head(MOST_HEADERS + 1, 1), Err(Unanswered::HeadTooLong));
        assert_eq!(head(1, LONGEST_HEAD - 9), Ok(()));
        assert_eq!(head(1, LONGEST_HEAD - 8), Err(Unanswered::HeadTooLong));
    }
}
