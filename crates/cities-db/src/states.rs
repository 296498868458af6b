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

/// All of them, in the order of their names.
pub const STATES: [State; 27] = [
    state(1, "Acre", "AC"),
    state(2, "Alagoas", "AL"),
    state(3, "Amapá", "AP"),
    state(4, "Amazonas", "AM"),
    state(5, "Bahia", "BA"),
    state(6, "Ceará", "CE"),
    state(7, "Distrito Federal", "DF"),
    state(8, "Espírito Santo", "ES"),
    state(9, "Goiás", "GO"),
    state(10, "Maranhão", "MA"),
    state(11, "Mato Grosso", "MT"),
    state(12, "Mato Grosso do Sul", "MS"),
    state(13, "Minas Gerais", "MG"),
    state(14, "Pará", "PA"),
    state(15, "Paraíba", "PB"),
    state(16, "Paraná", "PR"),
    state(17, "Pernambuco", "PE"),
    state(18, "Piauí", "PI"),
    state(19, "Rio de Janeiro", "RJ"),
    state(20, "Rio Grande do Norte", "RN"),
    state(21, "Rio Grande do Sul", "RS"),
    state(22, "Rondônia", "RO"),
    state(23, "Roraima", "RR"),
    state(24, "Santa Catarina", "SC"),
    state(25, "São Paulo", "SP"),
    state(26, "Sergipe", "SE"),
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
    fn no_two_states_share_a_name_or_a_code() {
        let names: BTreeSet<_> = STATES.iter().map(|state| state.long_name).collect();
        let codes: BTreeSet<_> = STATES.iter().map(|state| state.code).collect();
        assert_eq!((names.len(), codes.len()), (27, 27));
        assert!(codes.iter().all(|code| code.len() == 2));
    }
}
