//! What an exercise is.

use crate::judge::{Seen, Wrong};

/// A program to repair, and how it is judged.
pub struct Exercise {
    /// As on the command line, and what its file is called, such as `wait-together`.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// How long it takes most people, in minutes.
    pub minutes: u32,
    /// The folder of the chapter it belongs to, such as `scenarios/http-client`.
    pub chapter: &'static str,
    /// What is asked, for the first line of a verdict.
    pub asked: &'static str,
    /// Why a program that passes is right, in a sentence.
    pub why: &'static str,
    /// What people read and write.
    pub texts: Texts,
    /// What the program is run with, one after another. The first is the one that the task
    /// speaks of; with more than one, what was only fitted to the times of the first is found.
    pub trials: &'static [Trial],
    /// Says what is wrong with a program that came to its end.
    pub judge: fn(&Seen) -> Result<(), Wrong>,
    /// What must be so in whatever order its tasks run; none if one run shows it.
    pub orders: Option<Orders>,
}

/// What is asked of a program in every order of its tasks. It is one that
/// `crates/any-order` runs.
#[derive(Clone, Copy)]
pub struct Orders {
    /// What it results in.
    pub result: &'static str,
}

/// What lies in the exercise's own folder.
pub struct Texts {
    /// What is to be done: one screen.
    pub task: &'static str,
    /// The program as learners get it.
    pub starter: &'static str,
    /// Gentle ones first; a line of three hyphens stands between two.
    pub hints: &'static str,
    /// The program as it should be.
    pub solution: &'static str,
}

/// What a program is run with.
pub struct Trial {
    /// Its arguments.
    pub args: &'static [&'static str],
    /// The server that it gets for itself as `--url`; none if it needs none.
    pub server: Option<ServerRules>,
}

/// What the server of a trial lets its clients do.
#[derive(Clone, Copy)]
pub struct ServerRules {
    /// It refuses with 503 while so many requests wait.
    pub places: usize,
    /// It refuses with 400 what asks for more seconds than these.
    pub longest: f64,
}

impl Trial {
    /// What is asked for by R1, R2 … in turn, in seconds as they are written.
    pub fn seconds(&self) -> impl Iterator<Item = &'static str> {
        let pairs = self.args.windows(2);
        let listed = pairs.filter(|pair| pair[0] == "--seconds").map(|pair| pair[1]);
        listed.flat_map(|all| all.split(','))
    }
}

impl ServerRules {
    /// Nobody is refused.
    pub const OPEN: Self = Self { places: 1000, longest: 300.0 };
}

impl Texts {
    /// The hints, in the order in which they are given.
    pub fn hints(&self) -> impl Iterator<Item = &'static str> {
        self.hints.split("\n---\n").map(str::trim)
    }
}

/// The texts in the folder of this exercise.
#[macro_export]
macro_rules! texts {
    ($name:literal) => {
        $crate::exercise::Texts {
            task: include_str!(concat!("../../exercises/", $name, "/task.md")),
            starter: include_str!(concat!("../../exercises/", $name, "/starter.rs")),
            hints: include_str!(concat!("../../exercises/", $name, "/hints.md")),
            solution: include_str!(concat!("../../exercises/", $name, "/solution.rs")),
        }
    };
}
