//! Which requesters are shown when there are more than a screen holds.

use crate::recording::{Lane, Recording};

/// As many are shown one by one without a sample.
const ALL_UP_TO: usize = 20;

/// As many are shown of a larger number.
const SHOWN: usize = 10;

/// A fair choice of some among many: evenly spread, with the first and the last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    of: usize,
}

impl Sample {
    pub(crate) fn of(requesters: usize) -> Self {
        Self { of: requesters }
    }

    /// Whether the requester with this index, counted from 0, is shown.
    pub(crate) fn shows(self, index: usize) -> bool {
        if self.is_all() {
            return true;
        }
        let last = self.of - 1;
        let nearest = (index * (SHOWN - 1) + last / 2) / last;
        nearest * last / (SHOWN - 1) == index
    }

    /// The lanes that are shown, each with its index.
    pub(crate) fn rows(self, recording: &Recording) -> impl Iterator<Item = (usize, &Lane)> {
        recording.lanes.iter().enumerate().filter(move |(index, _)| self.shows(*index))
    }

    pub(crate) fn is_all(self) -> bool {
        self.of <= ALL_UP_TO
    }

    /// What to tell the reader of a picture or a transcript that leaves some out.
    pub(crate) fn note(self) -> Option<String> {
        let note = format!(
            "{SHOWN} of {} requesters are shown, evenly spread; the figures count all.",
            self.of
        );
        (!self.is_all()).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(of: usize) -> Vec<usize> {
        (0..of).filter(|index| Sample::of(of).shows(*index)).collect()
    }

    #[test]
    fn a_screenful_is_shown_whole() {
        assert_eq!(shown(20).len(), 20);
    }

    #[test]
    fn many_are_thinned_evenly_with_the_first_and_the_last() {
        assert_eq!(shown(10_000), [0, 1111, 2222, 3333, 4444, 5555, 6666, 7777, 8888, 9999]);
        for of in 21..500 {
            let shown = shown(of);
            assert_eq!((shown.len(), shown[0], shown[SHOWN - 1]), (SHOWN, 0, of - 1), "of {of}");
        }
    }
}
