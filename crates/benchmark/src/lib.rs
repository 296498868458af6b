//! What the benchmarks share: their medians, their exit codes, and the program that
//! stands beside them on Postgres.
//!
//! ```
//! use benchmark::{median, seconds};
//!
//! let rounds = (0..3).map(|_| seconds(|| Ok(()))).collect::<benchmark::Result<Vec<_>>>()?;
//! assert!(median(rounds) >= 0.0);
//! # benchmark::Result::Ok(())
//! ```

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// What a benchmark gives, or why it could not be made.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Tells on stderr why a benchmark could not be made, if so.
#[expect(clippy::print_stderr, reason = "a benchmark is a program")]
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    // What a database says is the source of an error that says little itself.
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told += &format!(": {error}");
        source = error.source();
    }
    eprintln!("error: {told}");
    ExitCode::FAILURE
}

/// The figure in the middle; of an even number of them, the upper one.
///
/// # Panics
///
/// When there is none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// How many seconds this takes.
///
/// # Errors
///
/// When it fails.
pub fn seconds(act: impl FnOnce() -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    act()?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Postgres' own program. Debian's `psql` is a script in front of the real one, which
/// it keeps out of the PATH; its start alone would be some of the time that is compared.
pub fn psql() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin/psql"));
    programs.filter(|psql| psql.is_file()).max().unwrap_or_else(|| "psql".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 3.0, 1.0, 2.0]), 3.0);
    }

    #[test]
    fn what_fails_takes_no_time() {
        assert!(seconds(|| Ok(())).is_ok());
        assert_eq!(seconds(|| Err("no".into())).unwrap_err().to_string(), "no");
    }
}
