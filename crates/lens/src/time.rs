//! Durations in words, with a unit and no false precision.

use std::time::Duration;

/// Seconds to the millisecond, as in `10.002 s`: for times that are compared.
/// What is too short for that is rounded.
pub fn exact(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        return rounded(time);
    }
    format!("{:.3} s", time.as_secs_f64())
}

/// Two or three digits that matter, as in `17.0 s`, `204 ms`, `0.4 ms`.
pub fn rounded(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ..0.05 if ms > 0.0 => format!("{:.3} ms", ms.max(0.001)),
        ..9.95 => format!("{ms:.1} ms"),
        ..999.5 => format!("{ms:.0} ms"),
        ..99_950.0 => format!("{:.1} s", ms / 1000.0),
        _ => format!("{:.0} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_the_size() {
        let said = [
            0,
            4,
            40_000,
            400_000,
            9_940_000,
            204_000_000,
            1_000_000_000,
            17_040_000_000,
            159_200_000_000,
        ]
        .map(|ns| rounded(Duration::from_nanos(ns)));
        let wanted = [
            "0.0 ms", "0.001 ms", "0.040 ms", "0.4 ms", "9.9 ms", "204 ms", "1.0 s", "17.0 s",
            "159 s",
        ];
        assert_eq!(said, wanted);
        assert_eq!(exact(Duration::from_micros(10_002_345)), "10.002 s");
        assert_eq!(exact(Duration::from_millis(10)), "0.010 s");
        assert_eq!(exact(Duration::from_millis(9)), "9.0 ms");
    }
}
