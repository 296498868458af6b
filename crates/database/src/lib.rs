//! Databases for programs that show how to wait for one: SQLite and Postgres,
//! each through a blocking and an async client, with the same words for what
//! goes wrong. What fills one is the matter of [`generator`].
//!
//! With the feature `mongodb` there is MongoDB as well, for programs that do not
//! insist on SQL.
//!
//! Which of them it is, is the user's choice, by `DATABASE_URL`:
//!
//! ```no_run
//! # fn main() -> Result<(), database::Error> {
//! use database::Database;
//!
//! let database = Database::from_env()?.unwrap_or_else(|| Database::embedded("cities"));
//! let mut connection = database.connect()?;
//! let cities = connection.integer("SELECT count(*) FROM cities")?;
//! # Ok(())
//! # }
//! ```

pub use database::Database;
pub use error::{Error, Trouble};
pub use row::{Row, Value};

pub mod asynchronous;
pub mod blocking;
mod client;
mod database;
mod error;
pub mod generator;
mod limit;
#[cfg(feature = "mongodb")]
pub mod mongo;
mod row;
mod server;
