//! The options that every client shares.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What can be asked of any run, whatever the scenario and the strategy.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every client")]
#[group(id = "shared")]
pub struct Options {
    /// Make every delay N times shorter
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,

    /// Guess how long the run will take, in seconds; afterwards it tells what happened, and why
    #[arg(long, value_name = "SECONDS", value_parser = guess, allow_negative_numbers = true)]
    pub guess: Option<f64>,

    /// Print the recording and its figures as JSON; the rest goes to stderr
    #[arg(long)]
    pub json: bool,

    /// Write the picture of the run to an SVG file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Write a Chrome trace, to be opened at ui.perfetto.dev
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Tell time, level, process and thread too on every line: full, else short
    #[arg(long, value_enum, default_value_t = Log::Short, hide_possible_values = true)]
    pub log: Log,

    /// Make ready what the run needs, such as a database, and end before it
    // For programs that measure runs; with --json it prints a `Prepared`.
    #[arg(long, hide = true)]
    pub prepare: bool,
}

/// What a line of the transcript tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// The requester and its message
    Short,
    /// Time, level, process and thread as well
    Full,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("a number above 0 is wanted, such as 10".to_owned()),
    }
}

/// As long as a guess may be, in seconds: more than a day.
const LONGEST_GUESS: f64 = 100_000.0;

fn guess(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(guess) if guess > 0.0 && guess <= LONGEST_GUESS => Ok(guess),
        _ => Err(format!(
            "a number of seconds above 0 is wanted, {LONGEST_GUESS} at most, such as 12 or 0.5"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_a_time_that_a_run_can_take() {
        for (text, seconds) in [("10", 10.0), ("0.5", 0.5), ("100000", 100_000.0)] {
            assert_eq!(guess(text), Ok(seconds));
        }
        for text in ["0", "-1", "NaN", "inf", "1e300", "100001", "ten", ""] {
            assert_eq!(
                guess(text),
                Err("a number of seconds above 0 is wanted, 100000 at most, such as 12 or 0.5"
                    .to_owned()),
                "{text}"
            );
        }
    }
}
