//! The municipalities of Brazil. Source: IBGE, API de Localidades, via stdbr-core.

/// How many there are.
pub const MUNICIPALITIES: u32 = 5_571;

/// One line for each, below a line of titles.
const CSV: &str = include_str!("../data/municipalities.csv");

/// A municipality: one of the cities that the table `cities` holds so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Municipality {
    /// Its name, such as `Abadia de Goiás`.
    pub name: &'static str,
    /// The two-letter code of its state, such as `GO`.
    pub state: &'static str,
}

/// All of them, state by state.
pub fn municipalities() -> impl Iterator<Item = Municipality> {
    let rows = CSV.lines().skip(1);
    // A test reads every line, so that none is passed over here.
    rows.filter_map(|row| row.split_once(',')).map(|(name, state)| Municipality { name, state })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::STATES;

    fn is_there(name: &str, state: &str) -> bool {
        municipalities().any(|city| city.name == name && city.state == state)
    }

    #[test]
    fn every_line_of_the_file_is_a_municipality() {
        assert_eq!(CSV.lines().next(), Some("name,state"));
        assert_eq!(municipalities().count(), CSV.lines().count() - 1);
        assert_eq!(municipalities().count(), MUNICIPALITIES as usize);
    }

    #[test]
    fn every_state_has_some_and_there_is_no_other_state() {
        let found: BTreeSet<_> = municipalities().map(|city| city.state).collect();
        assert_eq!(found, STATES.iter().map(|state| state.code).collect());
    }

    #[test]
    fn no_municipality_is_there_twice() {
        let distinct: BTreeSet<_> = municipalities().map(|city| (city.name, city.state)).collect();
        assert_eq!(distinct.len(), MUNICIPALITIES as usize);
    }

    #[test]
    fn accents_are_whole() {
        assert!(is_there("São Paulo", "SP"));
        assert!(is_there("Mogi Mirim", "SP"));
        assert!(is_there("Brasília", "DF"));
        assert!(is_there("Açailândia", "MA"));
        assert!(is_there("Alta Floresta D'Oeste", "RO"));
        let allowed = |c: char| c.is_ascii_alphabetic() || " '-ÁÂÉÍÓáâãçéêíóôõúü".contains(c);
        let strange = municipalities().find(|city| !city.name.chars().all(allowed));
        assert_eq!(strange, None);
    }

    #[test]
    fn nothing_needs_quotes() {
        assert!(!CSV.contains(['"', '\r', '\t', '\\', ';']));
        assert!(CSV.lines().all(|line| line.matches(',').count() == 1 && line.trim() == line));
    }
}
