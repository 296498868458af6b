//! Brazil's cities in a database: the data, the generator, and opening SQLite
//! and Postgres, each through a blocking and an async connection.
//!
//! Source of the cities: IBGE, API de Localidades, via stdbr-core.

pub use database::Database;
pub use error::{Error, Trouble};
pub use municipalities::{MUNICIPALITIES, Municipality, municipalities};
pub use states::{STATES, State};

mod database;
pub mod generator;
mod municipalities;
mod schema;
mod states;

pub mod asynchronous;
pub mod blocking;
mod error;
mod outside;

/// One row of the three queries: a city, and the state it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Its name, such as `Abadia de Goiás`.
    pub name: String,
    /// The two-letter code of its state, such as `GO`.
    pub state: String,
}
