//! What the tables hold: random digits, the same from the same seed on every
//! machine and in every database, so that sums and averages can be foretold.

use std::iter;

use crate::Table;

/// The values of a table, one after another and without end: each is 0, 1 …
/// or 9, all equally likely.
pub fn values(seed: u64, table: Table) -> impl Iterator<Item = u8> {
    // The seed's numbers are the seeds of the tables.
    let own_seed = split_mix_64(seed).nth(table as usize).unwrap_or_default();
    // The upper half of number × 10: a digit, without a division.
    split_mix_64(own_seed).map(|number| ((u128::from(number) * 10) >> 64) as u8)
}

/// SplitMix64, a random number generator of five lines: Steele, Lea and Flood,
/// "Fast Splittable Pseudorandom Number Generators", 2014.
fn split_mix_64(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_split_mix_64() {
        // What the reference in C by Sebastiano Vigna gives for this seed.
        let reference = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        assert!(split_mix_64(1234567).take(5).eq(reference));
    }

    #[test]
    fn every_digit_comes_equally_often() {
        for table in Table::ALL {
            let mut counts = [0_u32; 10];
            values(1, table).take(100_000).for_each(|value| counts[usize::from(value)] += 1);
            // The standard deviation is 95.
            assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
        }
    }

    #[test]
    fn tables_and_seeds_differ_and_a_seed_repeats_itself() {
        let some = |seed, table| values(seed, table).take(20).collect::<Vec<u8>>();
        assert_eq!(some(7, Table::First), some(7, Table::First));
        assert_ne!(some(7, Table::First), some(7, Table::Second));
        assert_ne!(some(7, Table::First), some(8, Table::First));
    }
}
