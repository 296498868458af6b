//! Small broken programs to repair, judged by what the server saw and what the
//! recording shows.
//!
//! An [`Exercise`] is a program that compiles and is wrong. A learner's copy of it
//! lies in a [`Folder`] of its own; a [`trial`] runs that against a server, and what
//! was [`Seen`] is judged by the exercise's own rules.

pub mod exercise;
pub mod exercises;
pub mod folder;
pub mod judge;
pub mod orders;
pub mod place;
pub mod program;
pub mod progress;
pub mod prove;
pub mod show;
pub mod trial;
mod turns;
pub mod watch;

pub use exercise::Exercise;
pub use folder::Folder;
pub use judge::{Seen, Wrong};
