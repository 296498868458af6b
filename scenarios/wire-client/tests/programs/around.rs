//! What stands around the clients.

mod echo;
mod two_loops;
