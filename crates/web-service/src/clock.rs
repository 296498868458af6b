//! The system's clock, which all programs on one machine have in common, and how to tell
//! that a server has this one.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Two looks at the clock at the same moment are as close as this.
pub const AT_ONCE: Duration = Duration::from_millis(1);

/// What it shows: since 1970.
pub fn clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A question that is being asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// When, by a clock that nobody sets.
    begun: Instant,
    /// When, by the system's clock.
    pub at: Duration,
}

impl Asked {
    /// To be called before it is sent.
    #[expect(clippy::new_without_default, reason = "now is no default")]
    pub fn new() -> Self {
        // Who loses the core between two looks is to see more time pass, and not less. So
        // this is the first look, and that at its end the last.
        let begun = Instant::now();
        Self { begun, at: clock() }
    }

    /// From the question to its answer, which has just come; none if the clock was set
    /// meanwhile.
    pub fn answered(self) -> Option<Between> {
        let now = clock();
        let between = Between { asked: self.at, answered: self.at + self.begun.elapsed() };
        between.has(now).then_some(between)
    }
}

/// From a question to its answer, by the system's clock.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    asked: Duration,
    answered: Duration,
}

impl Between {
    /// Whether the clock has shown this in between: another one shows something else.
    pub fn has(&self, moment: Duration) -> bool {
        self.asked <= moment.saturating_add(AT_ONCE) && moment <= self.answered + AT_ONCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_clock_shows_another_time() {
        let between =
            Between { asked: Duration::from_secs(1), answered: Duration::from_millis(1_010) };
        let shown = [0, 998_999, 999_000, 1_005_000, 1_011_000, 1_011_001, u64::MAX]
            .map(|moment| between.has(Duration::from_micros(moment)));
        assert_eq!(shown, [false, false, true, true, true, false, false]);
        assert!(!between.has(Duration::MAX));
    }

    #[test]
    fn who_asks_by_this_clock_is_answered_by_it_however_often_the_core_is_lost() {
        for _ in 0..10_000 {
            let asked = Asked::new();
            let between = asked.answered().expect("nobody sets the clock");
            assert!(between.has(asked.at));
        }
    }
}
