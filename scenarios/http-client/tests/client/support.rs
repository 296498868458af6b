//! Running the programs, and the server that they ask.

use std::process::Command;

use delay_server::{Config, Server};
use http_client::Strategy;
use program_test::Ran;

pub(crate) fn command(strategy: Strategy, args: &[&str]) -> Command {
    program_test::command(program(strategy), args)
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    program_test::run(&mut command(strategy, args))
}

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_thread-pool"),
    }
}

/// A delay server of this test's own, and the `--url` that names it.
pub(crate) fn delay_server(config: Config) -> (Server, String) {
    let config = Config { addr: "localhost:0".to_owned(), ..config };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/delay-me", server.url());
    (server, url)
}
