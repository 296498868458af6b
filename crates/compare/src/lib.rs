//! Every strategy of a scenario, side by side.

pub mod results;
