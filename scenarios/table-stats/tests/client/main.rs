//! The five programs and the generator, run as a user runs them, on real databases.

mod default_file;
mod failures;
mod generate;
mod strategies;

mod support;
