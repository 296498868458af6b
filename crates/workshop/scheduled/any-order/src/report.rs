//! What came of the orders that were tried. The workshop reads this file too: what one
//! program writes, the other one reads.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What came of all of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many there were.
    pub orders: u64,
    /// How many of the tasks that were spawned could have run at the same time, at most.
    pub most_at_once: usize,
    /// Whether an order that was written down could not be followed to its end: another
    /// task went on where the one that is named could not.
    pub strayed: bool,
    /// The ways in which the program came to an end, each with one run.
    pub ways: Vec<Way>,
}

/// A way to come to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// How.
    pub end: End,
    /// In so many orders.
    pub times: u64,
    /// The one of them with the fewest changes from one task to another.
    pub order: Order,
    /// What was seen in it.
    pub steps: Vec<Step>,
}

/// How a run came to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// With this result.
    Result(String),
    /// With a panic: who, of what, and where.
    Panic(String),
    /// All that had not ended waited.
    Deadlock,
    /// It went on after so many steps.
    Endless(usize),
}

/// Which task goes on, at each point where another one could: 0 is the program itself,
/// then come those that it spawns, as they are spawned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The task that took each step.
    pub tasks: Vec<usize>,
    /// What the program's own random numbers come from.
    pub seed: u64,
}

/// What happened between two points where another task could have gone on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who took it, by name.
    pub who: String,
    /// Who could have taken it instead, of those that have a name, begun or not.
    pub ready: Vec<String>,
    /// Who had begun, and waited for another one.
    pub waiting: Vec<String>,
    /// What was said in it.
    pub said: Vec<String>,
    /// Whether the requester that took it ended with it.
    pub ended: bool,
}

impl Order {
    /// How often another task goes on than before, and how many steps there are.
    pub fn changes(&self) -> (usize, usize) {
        let changes = self.tasks.windows(2).filter(|pair| pair[0] != pair[1]).count();
        (changes, self.tasks.len())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(result) => write!(f, "the result was {result}"),
            Self::Panic(said) => write!(f, "{said}"),
            Self::Deadlock => write!(f, "nobody could go on"),
            Self::Endless(steps) => write!(f, "it still went on after {steps} steps"),
        }
    }
}
