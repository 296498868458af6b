//! The command line, the same for every strategy.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::{Range, Strategy};

/// The largest number that may be tested: with it a run takes hours already.
const LARGEST: u32 = 1_000_000_000;

/// More threads or processes at a time would be a mistake.
const MOST_WORKERS: u32 = 1000;

/// What a user can choose.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Find the primes from 1 to N
    #[arg(long, value_name = "N", default_value_t = 10_100_000, value_parser = up_to(LARGEST))]
    pub(crate) up_to: u32,

    /// Threads or processes that work at the same time (not primes-sync and primes-async)
    #[arg(long, value_name = "N", default_value = "2", value_parser = workers)]
    pub(crate) workers: usize,

    /// Cut the numbers into N ranges of the same length [default: one for each worker]
    #[arg(long, value_name = "N", value_parser = up_to(LARGEST))]
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
        let mut command = Self::command()
            .name(strategy.name())
            .about(strategy.about())
            // Accepted, as everywhere, but there is no delay to be made shorter.
            .mut_arg("speed", |speed| speed.hide(true));
        let options =
            Self::from_arg_matches(&command.get_matches_mut()).unwrap_or_else(|error| error.exit());
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

fn workers(text: &str) -> Result<usize, String> {
    up_to(MOST_WORKERS)(text).map(|workers| workers as usize)
}

fn up_to(largest: u32) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        text.parse()
            .ok()
            .filter(|number| (1..=largest).contains(number))
            .ok_or_else(|| format!("a whole number from 1 to {largest} is wanted"))
    }
}
