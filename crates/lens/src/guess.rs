//! What was guessed before a run, what happened, and why.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::recording::{Outcome, Recording};
use crate::time::{exact, rounded};
use crate::why::{Verdict, why};

/// As long as a guess may be, in seconds: more than a day.
const LONGEST: f64 = 100_000.0;

/// As short as a guess may be, in seconds: nobody can tell less.
const SHORTEST: f64 = 0.001;

/// A guess may miss by this part of the elapsed time and is still right.
const RIGHT: f64 = 0.02;

/// … or nearly right.
const NEARLY: f64 = 0.1;

/// What becomes of a guess, as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// How long the run was guessed to take, in seconds.
    pub guess_s: f64,
    /// Whether the run took as long, give or take 10 %; none if it did not
    /// come to its end.
    pub right: Option<bool>,
    /// What was guessed, what happened, and why, in words.
    pub told: String,
}

impl Guess {
    /// Reads a guess, in seconds.
    ///
    /// It fails, with what is wanted, if no run can take so long or so short.
    pub fn parse(text: &str) -> Result<f64, String> {
        match text.parse::<f64>() {
            Ok(guess) if (SHORTEST..=LONGEST).contains(&guess) => Ok(guess),
            _ => Err(format!(
                "a number of seconds from {SHORTEST} to {LONGEST} is wanted, such as 12 or 0.5"
            )),
        }
    }

    /// Holds the guess, in seconds, against a run, which is `whole` if nothing
    /// ended it before its end.
    pub fn told(guess_s: f64, recording: &Recording, whole: bool) -> Self {
        let took = elapsed(recording.elapsed);
        if !whole {
            let why = stopped(recording);
            let told = format!(
                "You guessed {guess_s} s; the run stopped after {took}. {why}, so the guess was not put to the test."
            );
            return Self { guess_s, right: None, told };
        }
        let verdict = verdict(guess_s, recording.elapsed);
        let why = why(recording, verdict);
        let missed = missed(guess_s, recording.elapsed);
        let told = match verdict {
            Verdict::Right if missed <= RIGHT => {
                format!("You guessed {guess_s} s, and it took {took}: right. {why}")
            }
            Verdict::Right => {
                format!("You guessed {guess_s} s, and it took {took}: nearly right. {why}")
            }
            _ => format!("You guessed {guess_s} s; it took {took}. {why}"),
        };
        Self { guess_s, right: Some(verdict == Verdict::Right), told }
    }
}

fn verdict(guess_s: f64, elapsed: Duration) -> Verdict {
    if missed(guess_s, elapsed) <= NEARLY {
        Verdict::Right
    } else if guess_s < elapsed.as_secs_f64() {
        Verdict::TooShort(Duration::from_secs_f64(guess_s))
    } else {
        Verdict::TooLong
    }
}

/// By which part of the elapsed time the guess misses it.
fn missed(guess_s: f64, elapsed: Duration) -> f64 {
    let elapsed = elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    (guess_s - elapsed).abs() / elapsed
}

/// In seconds, as the guess is.
fn elapsed(time: Duration) -> String {
    if time < Duration::from_secs(1) { exact(time) } else { rounded(time) }
}

/// How far the requesters of a run had come that did not come to its end.
fn stopped(recording: &Recording) -> String {
    let figures = &recording.figures;
    let who = |outcome| recording.lanes.iter().find(|lane| lane.outcome == outcome);
    let kinds = [
        (figures.failed, Outcome::Failed, "failed", "failed"),
        (figures.dropped, Outcome::Dropped, "was dropped", "were dropped"),
        (figures.ended, Outcome::Ended, "ended", "ended"),
        (figures.unfinished, Outcome::Unfinished, "was still going", "were still going"),
    ];
    let told = kinds.into_iter().filter_map(|(number, outcome, one, many)| match number {
        0 => None,
        // Of a crowd, not every lane is kept.
        1 => Some(match who(outcome) {
            Some(lane) => format!("{} {one}", recording.called(lane.number)),
            None => format!("1 {one}"),
        }),
        number => Some(format!("{number} {many}")),
    });
    let told: Vec<String> = told.collect();
    match told.as_slice() {
        [] => "It did not come to its end".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, recording};

    /// One requester that took 10 s.
    fn ten() -> Recording {
        recording(None, vec![lane("R1", [0, 10_000], &[(1, 0, 10_000)])])
    }

    fn told(guess_s: f64, recording: &Recording) -> (Option<bool>, String) {
        let guess = Guess::told(guess_s, recording, true);
        (guess.right, guess.told)
    }

    #[test]
    fn a_guess_is_a_time_that_a_run_can_take() {
        for (text, seconds) in [("10", 10.0), ("0.5", 0.5), ("100000", 100_000.0), ("0.001", 0.001)]
        {
            assert_eq!(Guess::parse(text), Ok(seconds));
        }
        for text in ["0", "1e-320", "0.0009", "-1", "NaN", "inf", "1e300", "100001", "ten", ""] {
            assert_eq!(
                Guess::parse(text),
                Err("a number of seconds from 0.001 to 100000 is wanted, such as 12 or 0.5"
                    .to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_guess_within_a_tenth_is_right_or_nearly_so() {
        for (guess, wanted) in [
            (10.0, "You guessed 10 s, and it took 10.0 s: right. "),
            (9.0, "You guessed 9 s, and it took 10.0 s: nearly right. "),
            (11.0, "You guessed 11 s, and it took 10.0 s: nearly right. "),
        ] {
            let (right, told) = told(guess, &ten());
            assert!(right == Some(true) && told.starts_with(wanted), "{told}");
        }
        for (guess, wanted) in [
            (8.9, "You guessed 8.9 s; it took 10.0 s. "),
            (11.2, "You guessed 11.2 s; it took 10.0 s. "),
        ] {
            let (right, told) = told(guess, &ten());
            assert!(right == Some(false) && told.starts_with(wanted), "{told}");
        }
    }

    #[test]
    fn what_is_told_depends_on_whether_the_guess_was_too_short() {
        let lanes = ["R1", "R2"].map(|name| lane(name, [0, 10_000], &[(1, 0, 1)]));
        let run = recording(None, lanes.into());
        for (guess, wanted) in [
            (12.0, "Both waited at the same time, so only the longest counts: R2, 10.0 s."),
            (5.0, "Both waited at the same time, but R2 alone took 10.0 s."),
        ] {
            let (_, told) = told(guess, &run);
            assert!(told.ends_with(wanted), "{told}");
        }
    }

    #[test]
    fn what_took_less_than_a_second_is_told_in_seconds_too() {
        let one = recording(None, vec![lane("R1", [0, 1_000], &[(1, 0, 1_000)])]);
        assert!(told(1.0, &one).1.starts_with("You guessed 1 s, and it took 1.0 s: right. "));
        let short = recording(None, vec![lane("R1", [0, 204], &[(1, 0, 204)])]);
        assert!(told(1.0, &short).1.starts_with("You guessed 1 s; it took 0.204 s. "));
    }

    #[test]
    fn a_run_that_stopped_is_no_test_of_a_guess() {
        let mut recording = recording(
            None,
            ["R1", "R2", "R3"].map(|name| lane(name, [0, 400], &[(1, 0, 1)])).to_vec(),
        );
        let told = |recording: &Recording| {
            let Recording { elapsed, threads, lanes, .. } = recording.clone();
            let recording = Recording::of_lanes(elapsed, threads, lanes);
            let guess = Guess::told(10.0, &recording, false);
            assert_eq!(guess.right, None);
            guess.told
        };
        let wanted = |why| {
            format!(
                "You guessed 10 s; the run stopped after 0.400 s. {why}, so the guess was not put to the test."
            )
        };
        assert_eq!(told(&recording), wanted("It did not come to its end"));
        recording.lanes[1].outcome = Outcome::Failed;
        assert_eq!(told(&recording), wanted("R2 failed"));
        recording.lanes[0].outcome = Outcome::Dropped;
        recording.lanes[2].outcome = Outcome::Dropped;
        assert_eq!(told(&recording), wanted("R2 failed and 2 were dropped"));
        recording.lanes[0].outcome = Outcome::Unfinished;
        assert_eq!(told(&recording), wanted("R2 failed, R3 was dropped and R1 was still going"));
        recording.lanes.clear();
        assert_eq!(told(&recording), wanted("It did not come to its end"));
    }
}
