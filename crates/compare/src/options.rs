//! The command line: what is for `compare`, and what is for the programs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, CommandFactory, Parser};
use harness::args::{self, MOST_REQUESTERS, at_least_one, file, timeout};
use harness::{Failure, Guess};
use supervisor::{Counted, Limits};

use crate::machine;
use crate::numbers::parse_bytes;

/// Each run keeps a file open until the last one is over, and many systems let a
/// process have some 1,000: enough for ten strategies.
const MOST_ROUNDS: usize = 100;

/// No Linux has more threads.
const MOST_THREADS: usize = 4_194_304;

/// A report has some 710 bytes for each requester: that of a million is smaller.
const MOST_OUTPUT: &str = "1GB";

/// Run every strategy of a scenario, and set side by side what each one took
#[derive(Debug, Parser)]
#[command(
    name = "compare",
    version,
    override_usage = "cargo run -p compare -- <SCENARIO> [OPTIONS] [--] [OPTIONS OF ITS PROGRAMS]",
    after_help = "\
    All other options after the scenario go to its programs, such as --speed 10, and \
    all that stand after -- even if they are named here.\n\
    The limits of memory and threads are watched on Linux only."
)]
pub struct Options {
    /// What to run: the package of a chapter, such as http-client
    pub scenario: Option<String>,

    /// Run these strategies only, such as sync,async
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub strategies: Vec<String>,

    /// Run each of them N times, in turns, and tell how far the runs lie apart
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one(MOST_ROUNDS))]
    pub repeat: usize,

    /// Guess how long each of them takes, in seconds and in the order of the table, such as
    /// 17,10,17,10,12; afterwards each one tells what happened, and why
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = Guess::parse)]
    #[arg(allow_negative_numbers = true)]
    pub guess: Vec<f64>,

    /// Instead, run each of them at these sizes, such as 10,100,1000, until it fails
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = at_least_one(MOST_REQUESTERS))]
    #[arg(conflicts_with_all = ["repeat", "guess"])]
    pub ladder: Vec<usize>,

    /// End a run that takes longer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = timeout)]
    pub timeout: Duration,

    /// End a run that takes more memory, such as 512MB or 4GB
    /// [default: half of what nobody uses]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub most_memory: Option<u64>,

    /// End a run that has more threads
    /// [default: 20000, or half of what the system allows]
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST_THREADS))]
    pub most_threads: Option<usize>,

    /// End a run that writes more, such as 256MB, to stdout and stderr together
    #[arg(long, value_name = "SIZE", default_value = MOST_OUTPUT, value_parser = parse_bytes)]
    pub most_output: u64,

    /// Write all of it to a page for a browser, too
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub html: Option<PathBuf>,

    /// What the programs get.
    #[arg(skip)]
    pub passed: Vec<String>,
}

/// Options of the programs that are not for a comparison, each with what to do instead.
const NOT_PASSED: [(&str, &str); 6] = [
    ("--json", "run a strategy by itself for its --json"),
    ("--svg", "run a strategy by itself for its --svg"),
    ("--report", "run a strategy by itself for its --report"),
    ("--trace", "run a strategy by itself for its --trace"),
    ("--prepare", "leave it out: compare prepares every scenario"),
    ("--guess", "name it before --, with one guess for each strategy"),
];

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub fn read() -> Self {
        let (own, passed) = split(std::env::args_os());
        let mut options = Self::try_parse_from(own).unwrap_or_else(|error| refuse(&error));
        options.passed = passed;
        options
    }

    /// Whether the programs get this option.
    pub fn passes(&self, option: &str) -> bool {
        self.passed.iter().any(|arg| name(arg) == option)
    }

    /// The first option that no program is to get, and what to do instead.
    pub fn not_to_be_passed(&self) -> Option<(&'static str, &'static str)> {
        NOT_PASSED.into_iter().find(|(option, _)| self.passes(option))
    }

    /// What a run may take.
    pub fn limits(&self) -> Limits {
        let threads = self.most_threads.map(|threads| threads as u64);
        Limits {
            time: self.timeout,
            output: self.most_output,
            memory: self.most_memory.unwrap_or_else(machine::half_of_free_memory),
            threads: threads.unwrap_or_else(machine::usual_most_threads),
            counted: Counted::Process,
        }
    }
}

/// Tells what is wrong with the command line, and ends the process with exit code 2.
fn refuse(error: &clap::Error) -> ! {
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(unknown))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        let cause = format!("{unknown} is no option of compare, and stands before the scenario");
        let hint = "options of the programs stand after it: cargo run -p compare -- http-client";
        Failure::new(cause, format!("{hint} {unknown} …")).print();
        process::exit(2);
    }
    args::refuse(error)
}

/// The arguments that are for this program, and those that are not: whatever
/// follows the scenario's name and is none of the options above.
fn split(args: impl IntoIterator<Item = OsString>) -> (Vec<OsString>, Vec<String>) {
    let command = Options::command().disable_help_flag(false);
    let takes_value = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let known = |name: &str| command.get_arguments().find(|arg| is(arg, name));
    let (mut own, mut passed) = (Vec::new(), Vec::new());
    let mut args = args.into_iter();
    own.extend(args.next());
    let mut scenario = false;
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy().into_owned();
        let mine = known(name(&text));
        if text == "--" && scenario {
            passed.extend(args.by_ref().map(|arg| arg.to_string_lossy().into_owned()));
        } else if mine.is_some()
            || matches!(text.as_str(), "-h" | "--help" | "-V" | "--version")
            || !scenario
        {
            scenario |= !text.starts_with('-');
            own.push(arg);
            if mine.as_ref().is_some_and(takes_value) && !text.contains('=') {
                own.extend(args.next());
            }
        } else {
            passed.push(text);
        }
    }
    (own, passed)
}

fn is(arg: &Arg, name: &str) -> bool {
    arg.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
}

/// An option without its value.
fn name(arg: &str) -> &str {
    arg.split('=').next().unwrap_or(arg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(args: &str) -> (Vec<String>, Vec<String>) {
        let args = ["compare"].into_iter().chain(args.split_whitespace());
        let (own, passed) = split(args.map(OsString::from));
        (own.into_iter().skip(1).map(|arg| arg.into_string().unwrap()).collect(), passed)
    }

    #[test]
    fn what_is_not_for_compare_is_for_the_programs() {
        for (args, own, passed) in [
            ("http-client --speed 10", "http-client", "--speed 10"),
            (
                "http-client --speed 10 --repeat 3 --workers 4",
                "http-client --repeat 3",
                "--speed 10 --workers 4",
            ),
            ("--repeat 3 http-client --seconds=1,2", "--repeat 3 http-client", "--seconds=1,2"),
            (
                "http-client --strategies=sync --log full",
                "http-client --strategies=sync",
                "--log full",
            ),
            (
                "http-client --timeout 5 -- --timeout 1 --",
                "http-client --timeout 5",
                "--timeout 1 --",
            ),
            ("--speed 10 http-client", "--speed 10", "http-client"),
            ("db-client --help", "db-client --help", ""),
        ] {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(splits(args), (words(own), words(passed)), "{args}");
        }
    }

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }
}
