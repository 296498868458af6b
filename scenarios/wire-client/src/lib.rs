//! A small client for Redis, written in the ways that drivers are written. Its parts
//! are apart, so that each can be read alone: the protocol knows no socket, and the
//! clients know no program.

pub use error::Error;

pub mod binary;
pub mod protocol;

mod error;
