//! Brazil's cities, many times over in a database: the data, the generator that
//! fills it, and what to do where they are missing.
//!
//! Source of the cities: IBGE, API de Localidades, via stdbr-core.

pub use hint::hint;
pub use municipalities::{MUNICIPALITIES, Municipality, municipalities};
pub use states::{STATES, State};

pub mod generator;
mod hint;
mod municipalities;
mod schema;
mod states;
