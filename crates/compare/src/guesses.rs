//! Guess first: one guess for each strategy, and what became of it.

use anstyle::Style;
use harness::{Failure, Guess};

use crate::columns::Columns;
use crate::results::{Compared, Comparison};
use crate::table::{WIDTH, middle, recording};

/// Refuses guesses that are not one for each of these strategies; none at all is fine.
pub fn check(guesses: &[f64], strategies: &[String]) -> Result<(), Failure> {
    if guesses.is_empty() || guesses.len() == strategies.len() {
        return Ok(());
    }
    let cause = format!(
        "{} for {}",
        count(guesses, "guess", "guesses"),
        count(strategies, "strategy", "strategies")
    );
    let hint = format!("guess once for each, in this order: {}", strategies.join(", "));
    Err(Failure::new(cause, hint))
}

fn count<T>(these: &[T], one: &str, many: &str) -> String {
    format!("{} {}", these.len(), if these.len() == 1 { one } else { many })
}

/// What became of the guess for each strategy: of the run that its figures are from.
///
/// Styled, so it is to be printed through `anstream`.
pub fn draw(comparison: &Comparison, guesses: &[f64]) -> String {
    let mut columns = Columns::new(&[["", "strategy"]]);
    for (strategy, guess) in comparison.strategies.iter().zip(guesses) {
        let text = (sentence(strategy, *guess), Style::new());
        columns.row_with_texts(vec![strategy.name.clone()], vec![text]);
    }
    columns.drawn(WIDTH)
}

fn sentence(strategy: &Compared, guess: f64) -> String {
    match recording(strategy) {
        Some(recording) => Guess::told(guess, recording, middle(strategy).is_some()).told,
        None => format!("You guessed {guess} s; the run did not come to its end."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategies(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn there_is_one_guess_for_each_or_none() {
        let three = strategies(&["sync", "async", "thread"]);
        assert!(check(&[], &three).is_ok() && check(&[17.0, 10.0, 10.0], &three).is_ok());
        for (guesses, strategies, cause, hint) in [
            (&[17.0, 10.0][..], &three[..], "2 guesses for 3 strategies", "sync, async, thread"),
            (&[17.0; 4], &three, "4 guesses for 3 strategies", "sync, async, thread"),
            (&[1.0], &three[..2], "1 guess for 2 strategies", "sync, async"),
            (&[1.0, 2.0], &three[..1], "2 guesses for 1 strategy", "sync"),
        ] {
            let failure = check(guesses, strategies).unwrap_err();
            assert_eq!(failure.cause(), cause);
            assert_eq!(failure.hint(), format!("guess once for each, in this order: {hint}"));
        }
    }
}
