//! The numbers that one requester has to test.

use std::fmt;
use std::str::FromStr;

use tracing::{Span, info_span};

use crate::is_prime;

/// Numbers that stand next to each other, and what they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The requester's number, from 1: `R1` has the smallest numbers.
    index: u32,
    first: u32,
    last: u32,
}

impl Range {
    /// Cuts the numbers from 1 to `up_to` into so many ranges. Their lengths
    /// differ by one number at most; none is empty if there are enough numbers.
    pub(crate) fn cut(up_to: u32, ranges: u32) -> impl Iterator<Item = Self> {
        let end =
            move |range: u32| (u64::from(up_to) * u64::from(range) / u64::from(ranges)) as u32;
        (1..=ranges).map(move |index| Self { index, first: end(index - 1) + 1, last: end(index) })
    }

    /// The requester's name, such as `R1`.
    pub fn name(&self) -> String {
        format!("R{}", self.index)
    }

    /// The span that makes this range a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name(), asks = format!("primes {self}"))
    }

    /// How many of its numbers are prime: this is the work.
    pub fn count_primes(&self) -> u32 {
        (self.first..=self.last).map(|number| u32::from(is_prime(number))).sum()
    }

    /// Cuts it into pieces of so many numbers; the last one may have fewer.
    pub fn pieces(&self, numbers: u32) -> impl Iterator<Item = Self> + use<> {
        let Self { index, first, last } = *self;
        let starts = (first..=last).step_by(numbers as usize);
        starts.map(move |first| Self {
            index,
            first,
            last: last.min(first.saturating_add(numbers - 1)),
        })
    }

    /// Says that its primes are found, and hands their number on.
    pub fn done(&self, found: u32) -> u32 {
        harness::done();
        found
    }

    /// How many numbers it has.
    pub(crate) fn len(&self) -> u32 {
        self.last - self.first + 1
    }

    /// The range as an argument that [`FromStr`] reads.
    pub(crate) fn argument(&self) -> String {
        format!("{}-{}", self.first, self.last)
    }
}

/// As in `Looking for primes from 1 to 100`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.first, self.last)
    }
}

/// Reads `1-100`.
impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').ok_or("FIRST-LAST is wanted")?;
        let number = |text: &str| text.parse::<u32>().map_err(|error| error.to_string());
        let (first, last) = (number(first)?, number(last)?);
        if (1..=last).contains(&first) {
            Ok(Self { index: 1, first, last })
        } else {
            Err("the numbers from FIRST to LAST are none".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(up_to: u32, ranges: u32) -> Vec<String> {
        Range::cut(up_to, ranges).map(|range| range.argument()).collect()
    }

    #[test]
    fn ranges_are_as_long_as_each_other_and_leave_no_number_out() {
        assert_eq!(cut(10, 1), ["1-10"]);
        assert_eq!(cut(10, 3), ["1-3", "4-6", "7-10"]);
        assert_eq!(cut(3, 3), ["1-1", "2-2", "3-3"]);
        assert_eq!(cut(1_000_000_000, 2), ["1-500000000", "500000001-1000000000"]);
    }

    #[test]
    fn the_primes_of_all_ranges_are_all_primes() {
        for ranges in [1, 2, 7, 1000] {
            let found: u32 = Range::cut(10_000, ranges).map(|range| range.count_primes()).sum();
            assert_eq!(found, 1229, "in {ranges} ranges");
        }
    }

    #[test]
    fn pieces_leave_no_number_out() {
        let range = Range { index: 1, first: 5, last: 11 };
        let pieces = |numbers| -> Vec<String> {
            range.pieces(numbers).map(|piece| piece.argument()).collect()
        };
        assert_eq!(pieces(3), ["5-7", "8-10", "11-11"]);
        assert_eq!(pieces(7), ["5-11"]);
        assert_eq!(pieces(u32::MAX), ["5-11"]);
    }

    #[test]
    fn a_range_can_be_told_and_read_again() {
        let range = Range { index: 1, first: 5, last: 42 };
        assert_eq!(range.argument().parse(), Ok(range));
        assert_eq!((range.len(), range.to_string().as_str()), (38, "from 5 to 42"));
        for wrong in ["", "5", "5-", "-5", "9-5", "0-5", "a-b"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
