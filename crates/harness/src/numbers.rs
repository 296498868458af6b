//! Numbers as they are read.

/// A number in groups of three digits, as in `10,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        let said = [0, 999, 1000, 40_000, 1_234_567].map(thousands);
        assert_eq!(said, ["0", "999", "1,000", "40,000", "1,234,567"]);
    }
}
