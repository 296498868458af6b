//! The command line, the same for every program that sends commands to Redis.

use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_THREADS, seconds};

use crate::{Load, Program};

/// The longest round trip, in seconds: a client gives a command up when it has waited for
/// longer than anybody is away. To the moon and back it takes light 2.6 s.
const FURTHEST: f64 = 5.0;

const OF_REDIS: &str = "\
REDIS_URL names the database, such as redis://localhost:6379; a user and a password stand \
before the host, and the number of a database behind the port. Without it a redis-server is \
started, which ends with the run.";

/// What a user can choose.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) load: Load,

    /// How far away the database is, in seconds there and back; 0 goes to it without a detour
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = seconds)]
    round_trip: f64,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(program: &Program) -> Self {
        let mut command = Self::command().about(program.about);
        if *program != Program::BINARY {
            command = command.after_help(OF_REDIS);
        }
        let options: Self = args::read(&mut command);
        options.load.check(&mut command);
        if let Err(why) = options.check(program) {
            args::refuse(&command.error(ErrorKind::ValueValidation, why));
        }
        options
    }

    fn check(&self, program: &Program) -> Result<(), String> {
        let far = self.shared.sped_up(self.round_trip);
        if far > FURTHEST {
            return Err(format!(
                "a round trip of {far} s is longer than a client waits: {FURTHEST} s at most"
            ));
        }
        let threads = self.load.in_flight();
        if *program == Program::BLOCKING && threads > MOST_THREADS {
            return Err(format!(
                "--in-flight {threads} means as many threads here, and {MOST_THREADS} are the most"
            ));
        }
        Ok(())
    }

    /// How long a command and its reply are on their way.
    pub(crate) fn round_trip(&self) -> Duration {
        Duration::from_secs_f64(self.shared.sped_up(self.round_trip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(program: Program, args: &str) -> Result<(), String> {
        let args = ["wire"].into_iter().chain(args.split_whitespace());
        Options::parse_from(args).check(&program)
    }

    #[test]
    fn nobody_is_further_away_than_a_client_waits() {
        assert_eq!(check(Program::SIMPLE, "--round-trip 5"), Ok(()));
        assert_eq!(check(Program::SIMPLE, "--round-trip 50 --speed 10"), Ok(()));
        for far in ["--round-trip 5.1", "--speed 0.001"] {
            assert!(check(Program::SIMPLE, far).unwrap_err().contains("5 s at most"), "{far}");
        }
    }

    #[test]
    fn only_threads_are_few() {
        let many = "--commands 10001 --in-flight 10001";
        assert_eq!(check(Program::SIMPLE, many), Ok(()));
        assert!(check(Program::BLOCKING, many).unwrap_err().contains("10000 are the most"));
    }
}
