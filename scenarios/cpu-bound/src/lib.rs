//! The WHAT of the primes: which numbers are tested, how, and in which ranges.
//! The HOW is one file per strategy in `src/bin`.

use std::process::ExitCode;

pub use child::Child;
pub use failure::Failure;
pub use heartbeat::Heartbeat;
pub use prime::is_prime;
pub use range::Range;
pub use strategy::Strategy;

mod child;
mod failure;
mod heartbeat;
mod options;
mod prime;
mod range;
mod strategy;

use options::Options;

/// What one run is to do, and all it needs for it.
pub struct Plan {
    strategy: Strategy,
    options: Options,
}

impl Plan {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    ///
    /// A process that `primes-process` has started as its child does what it is
    /// there for, and ends here.
    pub fn from_args(strategy: Strategy) -> Self {
        let options = Options::read(strategy);
        if let Some(range) = options.count.filter(|_| strategy == Strategy::Process) {
            child::serve(range);
        }
        Self { strategy, options }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        let lanes = self.options.ranges() as usize + usize::from(self.strategy.has_heartbeat());
        harness::start(self.strategy.name(), lanes, &self.options.shared)
    }

    /// Says how many primes were found, and ends the run.
    pub fn finish(&self, run: harness::Run, found: Result<u32, Failure>) -> ExitCode {
        if let Ok(found) = found {
            run.say(&format!("Found {found} primes from 1 to {}", self.options.up_to));
        }
        run.finish(found.map(drop))
    }

    /// The numbers, cut into ranges of the same length, in ascending order.
    pub fn ranges(&self) -> impl Iterator<Item = Range> + use<> {
        Range::cut(self.options.up_to, self.options.ranges())
    }

    /// How many threads or processes may work at the same time.
    pub fn workers(&self) -> usize {
        self.options.workers
    }

    /// Starts a process that counts the primes of a range.
    pub fn start_child(&self, range: &Range) -> Result<Child, Failure> {
        Child::start(self.options.child.as_deref(), range)
    }
}
