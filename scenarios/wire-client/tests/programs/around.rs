//! What stands around the clients.

mod blocker;
mod echo;
mod rest;
mod threads;
mod two_loops;
