//! The program, run as a user runs it, on the programs of real scenarios.

mod bounds;
mod figures;
mod guesses;
mod options;
mod page;
mod scenarios;

mod failures;
mod ladder;

mod support;
