//! What a server sends on a WebSocket, read by hand: a library's buffers for each of
//! ten thousand watchers would be some of what is measured.

use benchmark::Result;

/// The longest message that is any position's.
const LONGEST: usize = 1024;

/// A frame of a server: it has no mask, and is not in parts.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame<'b> {
    Text(&'b [u8]),
    Ping(&'b [u8]),
}

/// The first frame of these bytes and how long it is, once all of it is there.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>> {
    let (head, length): (_, usize) = match *bytes {
        [_, short @ ..=125, ..] => (2, short.into()),
        [_, 126, high, low, ..] => (4, u16::from_be_bytes([high, low]).into()),
        [_, 127..=255, ..] => return Err("a frame is too long, or masked".into()),
        _ => return Ok(None),
    };
    if length > LONGEST {
        return Err(format!("a frame has {length} bytes").into());
    }
    let Some(payload) = bytes.get(head..head + length) else { return Ok(None) };
    let frame = match bytes[0] {
        0x81 => Frame::Text(payload),
        0x89 => Frame::Ping(payload),
        0x88 => return Err(format!("the server has closed it, with {}", code(payload)).into()),
        other => return Err(format!("a frame begins with {other:#x}").into()),
    };
    Ok(Some((frame, head + length)))
}

fn code(payload: &[u8]) -> String {
    match *payload {
        [high, low, ..] => u16::from_be_bytes([high, low]).to_string(),
        _ => "no code".to_owned(),
    }
}

/// The answer to a ping, with a mask of zeros, which changes nothing.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    // Pings are shorter than what has a longer head.
    let length = payload.len().min(125) as u8;
    let head = [0x8A, 0x80 | length, 0, 0, 0, 0];
    head.iter().chain(&payload[..length.into()]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_one_when_all_of_it_is_there() {
        let long = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
        for (bytes, payload) in [(&b"\x81\x02hi"[..], &b"hi"[..]), (&long, &[b'x'; 200])] {
            for end in 0..bytes.len() {
                assert_eq!(first(&bytes[..end]).unwrap(), None);
            }
            let more = [bytes, b"\x81"].concat();
            assert_eq!(first(&more).unwrap(), Some((Frame::Text(payload), bytes.len())));
        }
        assert_eq!(first(b"\x89\x01p").unwrap(), Some((Frame::Ping(b"p"), 3)));
        assert_eq!(pong(b"p"), b"\x8A\x81\0\0\0\0p");
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for (bytes, why) in [
            (&b"\x88\x02\x03\xE9"[..], "the server has closed it, with 1001"),
            (b"\x88\0", "the server has closed it, with no code"),
            (b"\x01\0", "a frame begins with 0x1"),
            (b"\x81\x7F\0\0", "a frame is too long, or masked"),
            (b"\x81\x82\0\0", "a frame is too long, or masked"),
            (b"\x81\x7E\xFF\xFF", "a frame has 65535 bytes"),
        ] {
            assert_eq!(first(bytes).unwrap_err().to_string(), why);
        }
    }
}
