//! The time axis that all pictures share.

use std::time::Duration;

/// Round moments from zero up to the end, no more of them than fit.
pub(crate) struct Axis {
    /// What the numbers count: `s` or `ms`.
    pub(crate) unit: &'static str,
    /// Each mark's moment and its number.
    pub(crate) marks: Vec<(Duration, String)>,
}

impl Axis {
    /// An axis for a run of this length with at most `most` steps.
    pub(crate) fn of(elapsed: Duration, most: usize) -> Self {
        let (unit, size) = if elapsed < Duration::from_secs(1) { ("ms", 1e-3) } else { ("s", 1.0) };
        let end = (elapsed.as_secs_f64() / size).max(1e-3);
        let step = step(end / most.max(1) as f64);
        // As many as tell neighbours apart; 0.2 has a logarithm a little off.
        let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
        let count = (end / step) as usize;
        let mark = |k: usize| {
            let value = k as f64 * step;
            let number = if k == 0 { "0".to_owned() } else { format!("{value:.decimals$}") };
            (Duration::from_secs_f64(value * size), number)
        };
        Self { unit, marks: (0..=count).map(mark).collect() }
    }
}

/// The smallest of … 0.5, 1, 2, 5, 10, 20 … that is no smaller than this.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(elapsed_ms: u64, most: usize) -> (Vec<String>, &'static str) {
        let axis = Axis::of(Duration::from_millis(elapsed_ms), most);
        (axis.marks.into_iter().map(|(_, number)| number).collect(), axis.unit)
    }

    #[test]
    fn marks_are_round_and_few() {
        assert_eq!(numbers(10_002, 5), (["0", "5", "10"].map(String::from).into(), "s"));
        assert_eq!(
            numbers(10_002, 6),
            (["0", "2", "4", "6", "8", "10"].map(String::from).into(), "s")
        );
        assert_eq!(numbers(17_040, 4).0, ["0", "5", "10", "15"]);
        assert_eq!(numbers(1_702, 4).0, ["0", "0.5", "1.0", "1.5"]);
        assert_eq!(numbers(1_002, 25).0[..4], ["0", "0.05", "0.10", "0.15"]);
        assert_eq!(numbers(1_002, 11).0[..3], ["0", "0.1", "0.2"]);
    }

    #[test]
    fn short_runs_count_milliseconds() {
        assert_eq!(
            numbers(450, 5),
            (["0", "100", "200", "300", "400"].map(String::from).into(), "ms")
        );
    }

    #[test]
    fn a_run_of_no_time_has_an_axis_too() {
        assert_eq!(numbers(0, 5).0[0], "0");
    }
}
