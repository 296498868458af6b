//! What a comparison found: plain data, from which the table, the timelines
//! and the page are drawn.

use std::time::Duration;

use harness::Report;

/// Every strategy of one scenario, and what became of it.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The scenario's package, such as `http-client`.
    pub scenario: String,
    /// The command that made this comparison, as a user types it.
    pub command: String,
    /// Where it ran.
    pub machine: Machine,
    /// What it calls the pieces of its work.
    pub nouns: Nouns,
    /// The strategies, in the order of the chapter; empty if only a ladder was asked for.
    pub strategies: Vec<Compared>,
    /// How they fare as the work grows, if that was asked for.
    pub ladder: Option<Ladder>,
}

/// What the pieces of the work are called, each in the singular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nouns {
    /// What the size of the work counts.
    pub counts: String,
    /// What has a row in a picture.
    pub row: String,
}

impl Default for Nouns {
    fn default() -> Self {
        let request = || "request".to_owned();
        Self { counts: request(), row: request() }
    }
}

/// A machine, by what matters here and nothing that tells whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// How many threads it runs at the same time.
    pub cores: usize,
    /// Its memory in bytes.
    pub memory: u64,
}

/// One strategy's runs.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The name of its program, such as `async`.
    pub name: String,
    /// How it makes its requests, as the end of a sentence; none if nobody says.
    pub how: Option<String>,
    /// The command that makes the same run by itself, as a user types it.
    pub command: String,
    /// One for each repetition, in their order; at least one.
    pub runs: Vec<Attempt>,
}

/// A run that came to its end, or did not.
pub type Attempt = Result<Measured, Failed>;

/// A run that came to its end.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What the program said of itself with `--json`.
    pub report: Report,
    /// What the operating system counted for the process.
    pub cost: Cost,
}

/// What the operating system counted for a process that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Time on the processor, in the program and in the system on its behalf.
    pub cpu: Duration,
    /// The most memory it had at a time, in bytes.
    pub peak: u64,
}

/// A run that crashed, hung, failed, or was stopped at a limit.
#[derive(Debug, Clone)]
pub struct Failed {
    /// How, in a few words, such as `no more threads` or `killed by signal 6`.
    pub how: String,
    /// The last line that it wrote to stderr; none if it wrote nothing.
    pub last_line: Option<String>,
    /// What it could still say of itself.
    pub report: Option<Box<Report>>,
}

/// The same work at growing sizes.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The sizes of the work, ascending.
    pub sizes: Vec<usize>,
    /// One climber for each strategy, in the order of the chapter.
    pub climbers: Vec<Climber>,
}

/// One strategy on the ladder.
#[derive(Debug, Clone)]
pub struct Climber {
    /// The name of its program.
    pub name: String,
    /// Its steps, from the smallest size up to the first that failed; as many
    /// as there are sizes if none did.
    pub steps: Vec<Attempt>,
}
