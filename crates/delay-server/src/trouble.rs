//! Characters that give trouble, so that a client can be seen to take it well.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// A character whose route does not answer as it should.
///
/// Written as `ID=KIND`, such as `3=503`, `3=503x2`, `3=stall` or `3=rubbish`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The character's id.
    pub character: u32,
    /// What happens to whoever asks for it.
    pub kind: TroubleKind,
}

/// What can be wrong with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// Refused at once with 503, so many times, and then answered; `None` is
    /// every time.
    Unavailable(Option<u32>),
    /// Answered no sooner than after [`Config::max_seconds`](crate::Config::max_seconds).
    Stall,
    /// Answered with 200 and a text that is no character.
    Rubbish,
}

impl FromStr for Trouble {
    type Err = &'static str;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let wanted = "it must be an id and a trouble: 3=503, 3=503x2, 3=stall or 3=rubbish";
        let (id, kind) = written.split_once('=').ok_or(wanted)?;
        let kind = match kind {
            "503" => TroubleKind::Unavailable(None),
            "stall" => TroubleKind::Stall,
            "rubbish" => TroubleKind::Rubbish,
            other => {
                let times = other.strip_prefix("503x").ok_or(wanted)?;
                TroubleKind::Unavailable(Some(times.parse().map_err(|_| wanted)?))
            }
        };
        Ok(Self { character: id.parse().map_err(|_| wanted)?, kind })
    }
}

/// All trouble of a server, and how often each has been met.
#[derive(Debug)]
pub(crate) struct Troubles(Vec<(Trouble, AtomicU32)>);

impl Troubles {
    pub(crate) fn new(troubles: &[Trouble]) -> Self {
        Self(troubles.iter().map(|trouble| (*trouble, AtomicU32::new(0))).collect())
    }

    /// What is wrong this time for whoever asks for this character.
    pub(crate) fn meet(&self, character: u32) -> Option<TroubleKind> {
        let (trouble, met) = self.0.iter().find(|(trouble, _)| trouble.character == character)?;
        match trouble.kind {
            TroubleKind::Unavailable(Some(times)) => {
                (met.fetch_add(1, Ordering::Relaxed) < times).then_some(trouble.kind)
            }
            kind => Some(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_read_as_it_is_written() {
        let read = |written: &str| written.parse::<Trouble>().map(|it| (it.character, it.kind));
        assert_eq!(read("3=503"), Ok((3, TroubleKind::Unavailable(None))));
        assert_eq!(read("3=503x2"), Ok((3, TroubleKind::Unavailable(Some(2)))));
        assert_eq!(read("20=stall"), Ok((20, TroubleKind::Stall)));
        assert_eq!(read("1=rubbish"), Ok((1, TroubleKind::Rubbish)));
        for written in ["", "3", "3=", "=503", "x=503", "3=504", "3=503x", "3=503x-1", "-1=stall"] {
            assert!(read(written).is_err(), "{written}");
        }
    }

    #[test]
    fn trouble_that_is_counted_ends() {
        let troubles = Troubles::new(&["3=503x2", "4=503"].map(|it| it.parse().unwrap()));
        let met = [3, 3, 3, 4, 4, 4, 5].map(|id| troubles.meet(id).is_some());
        assert_eq!(met, [true, true, false, true, true, true, false]);
    }
}
