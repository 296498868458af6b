//! The generator, as a program and as a function, on either kind of database.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod endings;
mod fillings;
mod others;
mod programs;

mod support;
