//! The programs that send commands to Redis, each by another client.

use std::env;
use std::process::Command;

use program_test::Ran;
use wire_client::Program;

pub(crate) const ALL: [Program; 5] =
    [Program::LIBRARY, Program::SIMPLE, Program::PIPELINED, Program::BLOCKING, Program::THREADED];

fn path(program: Program) -> &'static str {
    match program.name {
        "wire-binary" => env!("CARGO_BIN_EXE_wire-binary"),
        "wire-library" => env!("CARGO_BIN_EXE_wire-library"),
        "wire-simple" => env!("CARGO_BIN_EXE_wire-simple"),
        "wire-pipelined" => env!("CARGO_BIN_EXE_wire-pipelined"),
        "wire-blocking" => env!("CARGO_BIN_EXE_wire-blocking"),
        "wire-threaded" => env!("CARGO_BIN_EXE_wire-threaded"),
        name => panic!("{name} is none of them"),
    }
}

/// With the environment of the test.
pub(crate) fn command(program: Program, args: &[&str]) -> Command {
    program_test::command(path(program), args)
}

/// With another Redis than that.
pub(crate) fn command_at(url: &str, program: Program, args: &[&str]) -> Command {
    let mut command = command(program, args);
    command.env("REDIS_URL", url);
    command
}

/// With the Redis that is there for tests.
pub(crate) fn run(program: Program, args: &[&str]) -> Ran {
    assert!(env::var_os("REDIS_URL").is_some(), "REDIS_URL: scripts/test sets it");
    program_test::run(&mut command(program, args))
}

pub(crate) fn run_at(url: &str, program: Program, args: &[&str]) -> Ran {
    program_test::run(&mut command_at(url, program, args))
}
