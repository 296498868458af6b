//! Every strategy of a scenario, side by side: each one run as the program that
//! it is, and measured by its own report and by the operating system.

pub mod results;

pub mod scenario;

pub mod build;
pub mod ladder;
pub mod machine;
pub mod measure;
pub mod options;
pub mod page;
pub mod rounds;
pub mod server;
pub mod table;

pub mod guesses;

mod columns;
mod numbers;
mod progress;
