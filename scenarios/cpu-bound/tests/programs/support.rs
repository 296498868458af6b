//! Running the programs.

use std::process::{Command, Output, Stdio};

use cpu_bound::Strategy;
use harness::Report;

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The number of primes that the run as a whole reports.
    pub(crate) fn found(&self) -> Option<u32> {
        let line = self.stdout.lines().find(|line| line.starts_with("Found "))?;
        line.split(' ').nth(1)?.parse().ok()
    }

    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).expect("stdout is the report and nothing else")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn command(strategy: Strategy, args: &[&str]) -> Command {
    let mut command = Command::new(program(strategy));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    command(strategy, args).output().expect("the program was built").into()
}

/// The report of a run that has to end well.
pub(crate) fn report(strategy: Strategy, args: &[&str]) -> Report {
    let ran = run(strategy, &[args, &["--json"]].concat());
    assert_eq!(ran.code, Some(0), "{strategy:?}: {}", ran.stderr);
    ran.report()
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
