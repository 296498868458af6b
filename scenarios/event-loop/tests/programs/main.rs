//! The four programs, run as a user runs them, and the compiler.

mod compiler;
mod event_loop;
mod failures;
mod futures;
mod strangers;

mod support;
