//! The programs, run as a user runs them.

mod around;
