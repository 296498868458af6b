//! The 26 states of Brazil and the Federal District.

/// A state, as the table `states` holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Its key: 1 to 27.
    pub id: i32,
    /// Its name, such as `Goiás`.
    pub long_name: &'static str,
    /// Its two-letter code, such as `GO`: the table calls it `state`.
    pub code: &'static str,
}

/// All of them, numbered by their codes. Other generators for these tables number
/// them so too: on a database of ours they file each city under the right state.
pub const STATES: [State; 27] = [
    state(1, "Acre", "AC"),
    state(2, "Alagoas", "AL"),
    state(3, "Amazonas", "AM"),
    state(4, "Amapá", "AP"),
    state(5, "Bahia", "BA"),
    state(6, "Ceará", "CE"),
    state(7, "Distrito Federal", "DF"),
    state(8, "Espírito Santo", "ES"),
    state(9, "Goiás", "GO"),
    state(10, "Maranhão", "MA"),
    state(11, "Minas Gerais", "MG"),
    state(12, "Mato Grosso do Sul", "MS"),
    state(13, "Mato Grosso", "MT"),
    state(14, "Pará", "PA"),
    state(15, "Paraíba", "PB"),
    state(16, "Pernambuco", "PE"),
    state(17, "Piauí", "PI"),
    state(18, "Paraná", "PR"),
    state(19, "Rio de Janeiro", "RJ"),
    state(20, "Rio Grande do Norte", "RN"),
    state(21, "Rondônia", "RO"),
    state(22, "Roraima", "RR"),
    state(23, "Rio Grande do Sul", "RS"),
    state(24, "Santa Catarina", "SC"),
    state(25, "Sergipe", "SE"),
    state(26, "São Paulo", "SP"),
    state(27, "Tocantins", "TO"),
];

const fn state(id: i32, long_name: &'static str, code: &'static str) -> State {
    State { id, long_name, code }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn states_are_numbered_from_1_to_27() {
        assert!(STATES.iter().map(|state| state.id).eq(1..=27));
    }

    #[test]
    fn states_are_numbered_by_their_codes() {
        assert!(STATES.iter().map(|state| state.code).is_sorted());
        let ids = ["AC", "AM", "AP", "MA", "MG", "MS", "MT", "PR", "RJ", "SE", "SP", "TO"]
            .map(|code| STATES.iter().find(|state| state.code == code).unwrap().id);
        assert_eq!(ids, [1, 3, 4, 10, 11, 12, 13, 18, 19, 25, 26, 27]);
    }

    #[test]
    fn no_two_states_share_a_name_or_a_code() {
        let names: BTreeSet<_> = STATES.iter().map(|state| state.long_name).collect();
        let codes: BTreeSet<_> = STATES.iter().map(|state| state.code).collect();
        assert_eq!((names.len(), codes.len()), (27, 27));
        assert!(codes.iter().all(|code| code.len() == 2));
    }
}
