//! The options that every client shares.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use lens::guess::Guess;

use crate::args;
use crate::failure::Failure;

/// What can be asked of any run, whatever the scenario and the strategy.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every run")]
#[group(id = "shared")]
pub struct Options {
    /// Make every delay N times shorter
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = args::speed)]
    pub speed: f64,

    /// Guess how long the run will take, in seconds; afterwards it tells what happened, and why
    #[arg(long, value_name = "SECONDS", value_parser = Guess::parse, allow_negative_numbers = true)]
    pub guess: Option<f64>,

    /// Print the recording and its figures as JSON; the rest goes to stderr
    #[arg(long)]
    pub json: bool,

    /// Write what --json prints to a file; the text and the picture stay on stdout
    #[arg(long, value_name = "FILE", value_parser = args::file)]
    pub report: Option<PathBuf>,

    /// Write the picture of the run to an SVG file
    #[arg(long, value_name = "FILE", value_parser = args::file)]
    pub svg: Option<PathBuf>,

    /// Write a Chrome trace, to be opened at ui.perfetto.dev
    #[arg(long, value_name = "FILE", value_parser = args::file)]
    pub trace: Option<PathBuf>,

    /// Tell time, level, process and thread too on every line: full, else short
    #[arg(long, value_enum, default_value_t = Log::Short, hide_possible_values = true)]
    pub log: Log,

    /// Write every line to a file as well, with all that full tells, after what is in it
    #[arg(long, value_name = "FILE", value_parser = args::file)]
    pub log_file: Option<PathBuf>,

    /// Make ready what a run needs and does not bring, such as a filled database, and end before it
    // For programs that measure runs; with --json it prints a `Prepared`.
    #[arg(long, hide = true)]
    pub prepare: bool,
}

impl Options {
    /// What to say if two of the files are the same: the one written last would be left.
    pub(crate) fn one_file_for_two(&self) -> Option<Failure> {
        let Self { svg, report, trace, log_file, .. } = self;
        let files = [("svg", svg), ("report", report), ("trace", trace), ("log-file", log_file)];
        let pairs = (1..files.len()).flat_map(|second| (0..second).map(move |it| (it, second)));
        pairs.map(|(first, second)| (files[first], files[second])).find_map(|(one, other)| {
            let path = one.1.as_ref().filter(|path| other.1.as_ref() == Some(path))?;
            // What takes everything takes two things.
            let same = !args::is_plain_device(path);
            let cause =
                format!("--{} and --{} name the same file: '{}'", one.0, other.0, path.display());
            same.then(|| Failure::new(cause, "name a file for each"))
        })
    }

    /// So many seconds, made shorter by `--speed`.
    pub fn sped_up(&self, seconds: f64) -> f64 {
        // Microseconds are enough, and 10/3 stays readable.
        (seconds / self.speed * 1e6).round() / 1e6
    }
}

/// What a line of the transcript tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// The requester and its message
    Short,
    /// Time, level, process and thread as well
    Full,
}
