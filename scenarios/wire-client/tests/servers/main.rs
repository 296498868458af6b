//! Servers that misbehave, and what the clients make of them: an error in words, soon, and
//! within bounds. Nothing is needed for it but this process.

mod both;
mod cancelled;
mod distance;
mod plain;
mod server;
mod shared;
mod threaded;
