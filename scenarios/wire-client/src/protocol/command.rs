//! What a client says.

use std::fmt;
use std::io::Write;

/// A command and its arguments, as the bytes that go over the wire: an array of bulk
/// strings, whatever they mean.
///
/// ```
/// use wire_client::protocol::Command;
///
/// let command = Command::new("SET").arg("price").int(7);
/// assert_eq!(command.as_bytes(), b"*3\r\n$3\r\nSET\r\n$5\r\nprice\r\n$1\r\n7\r\n");
/// ```
#[derive(Clone)]
pub struct Command {
    /// The array's header says how many words follow, and grows with them. So there is
    /// room for the longest one in front, and it stands at the end of that room.
    bytes: Vec<u8>,
    /// Where the header begins.
    start: usize,
    words: usize,
}

/// `*`, the digits of the largest number, CR and LF.
const ROOM: usize = 1 + DIGITS + 2;

/// Of `u64::MAX`, and of `i64::MIN` with its sign.
const DIGITS: usize = 20;

impl Command {
    /// A command without arguments. Its name is one word: the second word of `CLIENT ID`
    /// is an argument.
    pub fn new(name: &str) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.resize(ROOM, 0);
        Self { bytes, start: ROOM, words: 0 }.arg(name)
    }

    /// With one more argument, which may be any bytes.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.push(argument.as_ref());
        self
    }

    /// With one more argument, a number in its decimal digits.
    #[must_use]
    pub fn int(mut self, number: impl Into<i64>) -> Self {
        let mut digits = [0; DIGITS];
        let digits = decimal(&mut digits, format_args!("{}", number.into()));
        self.push(digits);
        self
    }

    /// One more argument.
    pub fn push(&mut self, argument: &[u8]) {
        self.bytes.push(b'$');
        let mut digits = [0; DIGITS];
        self.bytes.extend_from_slice(decimal(&mut digits, format_args!("{}", argument.len())));
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(argument);
        self.bytes.extend_from_slice(b"\r\n");
        self.words += 1;
        self.begin_with_count();
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        // `new` had it from a `str`.
        self.words().next().and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// Its name and its arguments.
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[ROOM..];
        std::iter::from_fn(move || {
            let (length, after) = length(rest)?;
            let (word, after) = after.split_at_checked(length)?;
            rest = after.get(2..)?;
            Some(word)
        })
    }

    /// What goes over the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Writes the array's header anew, so that it ends where the words begin.
    fn begin_with_count(&mut self) {
        let mut digits = [0; DIGITS];
        let digits = decimal(&mut digits, format_args!("{}", self.words));
        self.start = ROOM - 2 - digits.len() - 1;
        self.bytes[self.start] = b'*';
        self.bytes[self.start + 1..ROOM - 2].copy_from_slice(digits);
        self.bytes[ROOM - 2..ROOM].copy_from_slice(b"\r\n");
    }
}

impl PartialEq for Command {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Command {}

/// Without its arguments: one of them may be a password.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} arguments", self.name().escape_debug(), self.words - 1)
    }
}

/// The number's digits, in room that is large enough for all.
fn decimal<'a>(room: &'a mut [u8; DIGITS], number: fmt::Arguments<'_>) -> &'a [u8] {
    let mut rest = &mut room[..];
    // It fails where the room is too small, which no 64 bits are.
    let _ = rest.write_fmt(number);
    let left = rest.len();
    &room[..DIGITS - left]
}

/// The length in front of a word, and what stands behind it.
fn length(rest: &[u8]) -> Option<(usize, &[u8])> {
    let rest = rest.strip_prefix(b"$")?;
    let end = memchr::memchr(b'\r', rest)?;
    let length = str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Some((length, rest.get(end + 2..)?))
}
