//! The command line, the same for every strategy.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_REQUESTERS, at_least_one};

use crate::{Range, Strategy};

/// The largest number that may be tested: with it a run takes hours already.
const LARGEST: u32 = 1_000_000_000;

/// More threads or processes at a time would be a mistake.
const MOST_WORKERS: usize = 1000;

/// Each range is a requester.
const MOST_RANGES: u32 = MOST_REQUESTERS as u32;

/// What a user can choose.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Find the primes from 1 to N
    #[arg(long, value_name = "N", default_value_t = 10_100_000, value_parser = at_least_one(LARGEST))]
    pub(crate) up_to: u32,

    /// Threads or processes that work at the same time
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one(MOST_WORKERS))]
    pub(crate) workers: usize,

    /// Cut the numbers into N ranges of the same length [default: one for each worker]
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST_RANGES))]
    ranges: Option<u32>,

    /// Be a child of primes-process: print how many primes are in this range
    #[arg(long, value_name = "FIRST-LAST", hide = true)]
    pub(crate) count: Option<Range>,

    /// The program that primes-process starts as its children, instead of itself
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub(crate) child: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let command = Self::command().name(strategy.name()).about(strategy.about());
        let mut command = args::without_speed(command);
        if strategy == Strategy::Thread {
            let help = "Threads, each with a range of its own, unless --ranges says how many";
            command = command.mut_arg("workers", |workers| workers.help(help));
        }
        let mut meaningless: &[_] = &[];
        if !strategy.has_workers() {
            let help = "Cut the numbers into N ranges of the same length [default: 2]";
            command = command.mut_arg("ranges", |ranges| ranges.help(help));
            meaningless = &[("workers", "one thread does all the work; --ranges cuts it")];
        }
        let options: Self = args::read_without(&mut command, meaningless);
        if options.ranges() > options.up_to {
            let problem = format!("--ranges is more than there are numbers: {}", options.up_to);
            command.error(ErrorKind::ValueValidation, problem).exit();
        }
        options
    }

    /// How many ranges there are.
    pub(crate) fn ranges(&self) -> u32 {
        self.ranges.unwrap_or((self.workers as u32).min(self.up_to))
    }
}
