//! Running the programs, and the server that they ask.

use delay_server::{Config, Server};
use harness::Report;
use harness::recording::Lane;
use program_test::Ran;

pub(crate) const NEVER_AWAITED: &str = env!("CARGO_BIN_EXE_never-awaited");
pub(crate) const SPAWNED_TASK: &str = env!("CARGO_BIN_EXE_spawned-task");
pub(crate) const PRINT_AFTER_SLEEP: &str = env!("CARGO_BIN_EXE_print-after-sleep");
pub(crate) const EVENT_LOOP: &str = env!("CARGO_BIN_EXE_event-loop");

pub(crate) fn run(program: &str, args: &[&str]) -> Ran {
    program_test::run(&mut program_test::command(program, args))
}

/// Runs it to a good end.
pub(crate) fn run_well(program: &str, args: &[&str]) -> Ran {
    run(program, args).well()
}

/// The lane of this requester.
pub(crate) fn lane(report: &Report, name: &str) -> Lane {
    let lanes = &report.recording.lanes;
    lanes.iter().find(|lane| lane.name == name).expect("it has a lane").clone()
}

/// A delay server of this test's own, and the `--url` that names it.
pub(crate) fn delay_server(config: Config) -> (Server, String) {
    let config = Config { addr: "localhost:0".to_owned(), ..config };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/delay-me", server.url());
    (server, url)
}
