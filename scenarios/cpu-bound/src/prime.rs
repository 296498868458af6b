//! The work: whether a number is prime.

/// Whether a number is prime, by trial division.
///
/// Every prime above 3 is a neighbour of a multiple of 6, so those are the only
/// divisors to try, up to the number's square root. There are far better ways
/// to find primes; this one keeps a core busy.
///
/// Numbers above 4,294,836,224 overflow: the square of the next divisor does
/// not fit.
pub fn is_prime(number: u32) -> bool {
    if number <= 3 {
        return number > 1;
    }
    if number.is_multiple_of(2) || number.is_multiple_of(3) {
        return false;
    }
    let mut divisor = 5; // 6k - 1; the other one is 6k + 1
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) || number.is_multiple_of(divisor + 2) {
            return false;
        }
        divisor += 6;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sieve of Eratosthenes: it crosses out multiples and divides nothing.
    fn sieve(up_to: usize) -> Vec<bool> {
        let mut prime = vec![true; up_to + 1];
        prime[..2].fill(false);
        for number in 2..=up_to.isqrt() {
            if prime[number] {
                (number * number..=up_to).step_by(number).for_each(|other| prime[other] = false);
            }
        }
        prime
    }

    #[test]
    fn trial_division_and_a_sieve_agree_on_every_number() {
        let sieve = sieve(100_000);
        for (number, prime) in sieve.into_iter().enumerate() {
            assert_eq!(is_prime(number as u32), prime, "{number}");
        }
    }

    #[test]
    fn the_sieve_counts_what_the_chapter_says() {
        let count = |up_to| sieve(up_to).into_iter().filter(|prime| *prime).count();
        assert_eq!([10, 100, 1000, 10_000].map(count), [4, 25, 168, 1229]);
        assert_eq!(count(10_000_000), 664_579);
        assert_eq!(count(10_100_000), 670_820);
    }

    #[test]
    fn the_largest_numbers_that_may_be_asked_for_are_tested() {
        assert!(is_prime(999_999_937), "the largest prime below 1,000,000,000");
        assert!(!is_prime(1_000_000_000));
        assert!(!is_prime(31_607 * 31_607), "the square of a prime");
    }
}
