//! A small client for Redis, written in the ways that drivers are written. Its parts
//! are apart, so that each can be read alone: the protocol knows no socket, and the
//! clients know no program.
//!
//! What the programs do with it is a [`Plan`] of [`Request`]s.

pub use address::{Address, AddressError, Login};
pub use distance::Distance;
pub use error::Error;
pub use failure::Failure;
pub use load::Load;
pub use plan::Plan;
pub use program::Program;
pub use request::Request;
pub use server::Server;

pub mod binary;
pub mod protocol;

pub mod blocking;
pub mod pipelined;
pub mod simple;
pub mod threaded;

pub mod blocker;
pub mod echo;
pub mod rest;
pub mod sqlite;
pub mod two_loops;

mod address;
mod distance;
mod error;
mod failure;
mod library;
mod load;
mod one_at_a_time;
mod options;
mod plan;
mod program;
mod request;
mod server;
