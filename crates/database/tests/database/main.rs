//! The kinds of database, through both kinds of driver, and filling them.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod connections;
mod generator;
mod gone;
mod limits;
#[cfg(feature = "mongodb")]
mod mongo;
mod silence;
