//! Which requesters are shown when there are more than a screen holds.

use crate::recording::{Lane, Recording};

/// As many are shown one by one without a sample.
const ALL_UP_TO: usize = 20;

/// As many are shown of a larger number.
const SHOWN: usize = 10;

/// A fair choice of some among many: evenly spread, with the first and the last.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// None if nobody knows how many there will be.
    of: Option<usize>,
}

impl Sample {
    /// The first ones, for as long as nobody knows how many there will be.
    pub fn of_first() -> Self {
        Self { of: None }
    }

    /// The choice among so many.
    pub fn of(requesters: usize) -> Self {
        Self { of: Some(requesters) }
    }

    /// Whether the requester with this number, counted from 0, is shown.
    pub fn shows(self, number: usize) -> bool {
        match self.of {
            None => number < ALL_UP_TO,
            Some(of) if of <= ALL_UP_TO => true,
            Some(of) => {
                let last = of - 1;
                let nearest = (number * (SHOWN - 1) + last / 2) / last;
                nearest * last / (SHOWN - 1) == number
            }
        }
    }

    /// Whether nobody knows how many there will be.
    pub fn is_open(self) -> bool {
        self.of.is_none()
    }

    /// Whether all are shown.
    pub fn is_all(self) -> bool {
        self.of.is_some_and(|of| of <= ALL_UP_TO)
    }

    /// What to tell the reader of a picture or a transcript that leaves some out.
    pub fn note(self) -> Option<String> {
        match self.of {
            None => Some(format!("What the first {ALL_UP_TO} requesters say is shown.")),
            Some(of) if of <= ALL_UP_TO => None,
            Some(of) => Some(format!(
                "{SHOWN} of {of} requesters are shown, evenly spread; the figures count all."
            )),
        }
    }
}

/// The lanes that a picture shows, in order: all or a fair choice, and those that
/// its sentences name.
pub(crate) fn shown(recording: &Recording) -> Vec<&Lane> {
    let (sample, told) = (Sample::of(recording.lanes.len()), recording.told());
    let lanes = recording.lanes.iter().enumerate();
    lanes
        .filter(|(place, lane)| sample.shows(*place) || told.contains(&lane.number))
        .map(|(_, lane)| lane)
        .collect()
}

/// What stands below such a picture.
pub(crate) fn below(recording: &Recording) -> Vec<String> {
    let note = Sample::of(recording.figures.requesters).note();
    note.into_iter().chain(recording.sentences()).chain(also_shown(recording)).collect()
}

/// Who is shown besides the fair choice.
fn also_shown(recording: &Recording) -> Option<String> {
    let (sample, told) = (Sample::of(recording.lanes.len()), recording.told());
    let lanes = recording.lanes.iter().enumerate();
    let also = lanes.filter(|(place, lane)| told.contains(&lane.number) && !sample.shows(*place));
    let names: Vec<String> = also.map(|(_, lane)| recording.called(lane.number)).collect();
    (!names.is_empty())
        .then(|| format!("Shown besides, for what is told of them: {}.", names.join(", ")))
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
