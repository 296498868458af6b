//! Sizes and times in words.

use std::time::Duration;

/// A number of bytes with a unit, as in `7.2 MB`; 1 MB is 10⁶ bytes.
pub(crate) fn bytes(bytes: u64) -> String {
    let kilobytes = bytes as f64 / 1e3;
    let (number, unit) = match kilobytes {
        ..999.5 => (kilobytes, "KB"),
        ..999_500.0 => (kilobytes / 1e3, "MB"),
        _ => (kilobytes / 1e6, "GB"),
    };
    let decimals = usize::from(number < 99.95);
    format!("{number:.decimals$} {unit}")
}

/// Reads such a number: `512MB`, `4 GB`, or bytes without a unit.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let unit = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let size = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1.0,
        "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => 0.0,
    };
    let number = number.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let bytes = number.map_or(0.0, |number| number * size);
    if bytes < 1.0 {
        return Err("a size above 0 is wanted, such as 512MB or 4GB".to_owned());
    }
    Ok(bytes as u64)
}

/// A time that a person waits, as in `2 h 47 min`, `1 min 40 s`, `1.5 s`.
pub(crate) fn words(time: Duration) -> String {
    // Beside hours, seconds do not count.
    let seconds = match time.as_secs() {
        long @ 3600.. => (long + 30) / 60 * 60,
        seconds => seconds,
    };
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => {
            let exact = format!("{:.3}", time.as_secs_f64());
            format!("{} s", exact.trim_end_matches('0').trim_end_matches('.'))
        }
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits_that_matter() {
        let said = [999, 26_300, 7_150_000, 261_000_000, 12_600_000_000].map(bytes);
        assert_eq!(said, ["1.0 KB", "26.3 KB", "7.2 MB", "261 MB", "12.6 GB"]);
    }

    #[test]
    fn sizes_are_read_with_or_without_a_unit() {
        let read = ["4GB", "512 MB", "1.5kb", "4096", "10b"].map(parse_bytes);
        assert_eq!(read, [4_000_000_000, 512_000_000, 1500, 4096, 10].map(Ok));
        for wrong in ["", "MB", "0", "-1", "4XB", "four", "nan", "infGB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn long_times_have_two_units() {
        let said = [1.5, 60.0, 100.0, 5000.0, 7200.0, 10_000.0, 0.05]
            .map(|seconds| words(Duration::from_secs_f64(seconds)));
        assert_eq!(
            said,
            ["1.5 s", "1 min", "1 min 40 s", "1 h 23 min", "2 h", "2 h 47 min", "0.05 s"]
        );
    }
}
