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
