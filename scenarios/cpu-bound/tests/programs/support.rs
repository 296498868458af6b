//! Running the programs.

use std::process::Command;

use cpu_bound::Strategy;
use harness::Report;
use program_test::Ran;

/// The number of primes that the run as a whole reports.
pub(crate) fn found(ran: &Ran) -> Option<u32> {
    let line = ran.stdout.lines().find(|line| line.starts_with("Found "))?;
    line.split(' ').nth(1)?.parse().ok()
}

pub(crate) fn command(strategy: Strategy, args: &[&str]) -> Command {
    program_test::command(program(strategy), args)
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    program_test::run(&mut command(strategy, args))
}

/// The report of a run that has to end well.
pub(crate) fn report(strategy: Strategy, args: &[&str]) -> Report {
    run(strategy, &[args, &["--json"]].concat()).well().report()
}

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_primes-sync"),
        Strategy::Thread => env!("CARGO_BIN_EXE_primes-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_primes-thread-pool"),
        Strategy::Process => env!("CARGO_BIN_EXE_primes-process"),
        Strategy::Async => env!("CARGO_BIN_EXE_primes-async"),
        Strategy::AsyncSpawnBlocking => env!("CARGO_BIN_EXE_primes-async-spawn-blocking"),
    }
}
