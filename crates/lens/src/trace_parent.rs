//! What two programs call the same request: the `traceparent` of W3C Trace Context,
//! <https://www.w3.org/TR/trace-context/>.

use std::error::Error;
use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A request, by the run that it is part of and by its place there.
///
/// Written as in the header `traceparent`, it has 55 characters:
/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TraceParent {
    /// What all requests of a run have in common.
    pub trace: NonZeroU128,
    /// Who asks.
    pub span: NonZeroU64,
}

/// A text that is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTraceParent;

impl fmt::Display for NoTraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("that is no traceparent of W3C Trace Context")
    }
}

impl Error for NoTraceParent {}

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut parts = text.splitn(5, '-');
        let mut next = |digits| parts.next().and_then(|part| hex(part, digits));
        let (version, trace, span, flags) = (next(2), next(32), next(16), next(2));
        // Later versions may have more to say; 255 is none.
        let is_whole = match version {
            Some(0) => parts.next().is_none(),
            version => version != Some(0xff),
        };
        let known = version.and(flags).filter(|_| is_whole);
        let trace = known.and(trace).and_then(NonZeroU128::new);
        let span = span.and_then(|span| NonZeroU64::new(span as u64));
        trace.zip(span).map(|(trace, span)| Self { trace, span }).ok_or(NoTraceParent)
    }
}

/// So many small hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let all = text.len() == digits && text.bytes().all(is_digit);
    u128::from_str_radix(text, 16).ok().filter(|_| all)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 01: it is recorded.
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

impl From<TraceParent> for String {
    fn from(parent: TraceParent) -> Self {
        parent.to_string()
    }
}

impl TryFrom<String> for TraceParent {
    type Error = NoTraceParent;

    fn try_from(text: String) -> Result<Self, NoTraceParent> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written_again() {
        let read: TraceParent = EXAMPLE.parse().unwrap();
        assert_eq!(read.trace.get(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(read.span.get(), 0x00f0_67aa_0ba9_02b7);
        assert_eq!(read.to_string(), EXAMPLE);
        assert_eq!(EXAMPLE.replace("-01", "-00").parse(), Ok(read));
        let later = format!("{}-what-ever", EXAMPLE.replacen("00", "cc", 1));
        assert_eq!(later.parse(), Ok(read));
        assert_eq!(EXAMPLE.replacen("00", "cc", 1).parse(), Ok(read));
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [
            "",
            "00",
            "R1",
            &EXAMPLE[..54],
            &format!("{EXAMPLE}-more"),
            &EXAMPLE.replacen("00", "ff", 1),
            &EXAMPLE.replacen("00", "0", 1),
            &EXAMPLE.to_uppercase(),
            &EXAMPLE.replace("4bf9", "+bf9"),
            &EXAMPLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &EXAMPLE.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &EXAMPLE.replace("-01", "-0g"),
            &EXAMPLE.replace("-01", ""),
            &EXAMPLE.replace("-01", "-é"),
            &format!(" {EXAMPLE}"),
        ] {
            assert_eq!(wrong.parse::<TraceParent>(), Err(NoTraceParent), "{wrong}");
        }
    }
}
