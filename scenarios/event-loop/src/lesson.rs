//! What the programs without a server share: options, lanes and time.

use std::time::Duration;

use clap::{Args, CommandFactory, Parser, ValueEnum};
use harness::args;
use tracing::{Span, info_span};

/// A run of futures that wait for time alone.
pub struct Lesson {
    program: &'static str,
    options: harness::Options,
}

/// What stands on the command line of every such program.
#[derive(Debug, Parser)]
#[command(version)]
struct Options<More: Args> {
    #[command(flatten)]
    more: More,

    #[command(flatten)]
    shared: harness::Options,
}

/// No option besides those of every client.
#[derive(Debug, Args)]
pub struct Nothing {}

/// How three tasks are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Choice {
    /// How the three tasks are run
    #[arg(long, value_enum, default_value_t = How::Join)]
    pub how: How,
}

/// A way to run three futures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// As one future that polls all three: join!
    Join,
    /// As a task each: spawn
    Spawn,
    /// One after the other: .await, .await, .await
    Await,
}

impl Lesson {
    /// Reads the command line, which may have these options too; a wrong one
    /// ends the process with exit code 2.
    pub fn from_args<More: Args>(program: &'static str, about: &'static str) -> (Self, More) {
        let options: Options<More> = args::read(&mut Options::<More>::command().about(about));
        (Self { program, options: options.shared }, options.more)
    }

    /// Starts the clock and the recording of this many lanes.
    pub fn start(&self, lanes: usize) -> harness::Run {
        harness::start(self.program, lanes, &self.options)
    }

    /// So many seconds, made shorter by `--speed`.
    pub fn seconds(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(self.options.sped_up(seconds))
    }
}

/// The span that makes a future a lane of the recording.
pub fn lane(name: &str) -> Span {
    info_span!("requester", name)
}
