//! Brazil's cities in a database: opening SQLite and Postgres, each through a
//! blocking and an async connection.

pub use database::Database;
pub use error::{Error, Trouble};

mod database;

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
