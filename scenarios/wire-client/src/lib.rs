//! A small client for Redis, written in the ways that drivers are written. Its parts
//! are apart, so that each can be read alone: the protocol knows no socket, and the
//! clients know no program.

pub use address::{Address, AddressError, Login};
pub use error::Error;
pub use failure::Failure;
pub use load::Load;

pub mod pipelined;
pub mod protocol;

mod address;
mod error;
mod failure;
mod load;
