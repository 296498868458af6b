//! Every strategy once, and again as often as is asked for.

use std::path::PathBuf;

use supervisor::Limits;

use crate::measure::{self, Ended};
use crate::progress::Progress;
use crate::results::Attempt;

/// A strategy's program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name, such as `async`.
    pub name: String,
    /// Where it was built.
    pub path: PathBuf,
    /// What it is given.
    pub args: Vec<String>,
    /// The strategy itself, where that is a server that the program asks.
    pub server: Option<Started>,
}

/// A server that is started for each run.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where it was built.
    pub path: PathBuf,
    /// What it is given.
    pub args: Vec<String>,
}

/// Runs every program so many times, one at a time and in
/// turns: what disturbs the machine for a while disturbs all of them alike.
/// Gives the attempts of each program.
pub fn run(limits: Limits, programs: &[Program], rounds: usize) -> Vec<Vec<Attempt>> {
    let progress = Progress::new(programs.len() * rounds);
    let mut ended: Vec<Vec<Ended>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (program, ended) in programs.iter().zip(&mut ended) {
            progress.next(&program.name);
            ended.push(measure::run_once(limits, program));
        }
    }
    let attempts = |ended: Vec<Ended>| ended.into_iter().map(Ended::attempt).collect();
    ended.into_iter().map(attempts).collect()
}
