//! What `--json` prints and `--report` writes: the recording, its figures, and how the run ended.

use std::fs::File;
use std::io;
use std::process;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use lens::guess::Guess;
use lens::recording::{optional_seconds, seconds};
use lens::stages::{self, Stages};
use lens::{Recording, svg};

use crate::failure::Failure;
use crate::output::{print_json, write_json};

/// One run, as `--json` prints it and `--report` writes it. Times are seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The strategy's name, such as `async`.
    pub strategy: String,
    /// Whether Ctrl-C ended the run.
    pub interrupted: bool,
    /// What went wrong first; none if nothing did.
    pub failure: Option<ReportedFailure>,
    /// How long the run would take if nothing but the delays it asks for took
    /// time; none where that is not known.
    #[serde(rename = "ideal_s", with = "optional_seconds")]
    pub ideal: Option<Duration>,
    /// What became of the guess; left out if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<Guess>,
    /// What the program has measured itself; left out if that is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// What is drawn in place of the lanes; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Stages>,
    /// What was recorded, or what is drawn in its place.
    #[serde(flatten)]
    pub recording: Recording,
}

/// A time that a recording does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// What took it, in a few words.
    pub what: String,
    /// How long it took.
    #[serde(rename = "time_s", with = "seconds")]
    pub time: Duration,
}

/// A [`Failure`] in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedFailure {
    /// The requester that failed; none if the run as a whole did.
    pub requester: Option<String>,
    /// What went wrong.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

impl Report {
    pub(crate) fn new(
        strategy: &str,
        recording: Recording,
        interrupted: bool,
        failure: Option<&Failure>,
    ) -> Self {
        let failure = failure.map(|failure| ReportedFailure {
            requester: failure.requester().map(str::to_owned),
            cause: failure.cause().to_owned(),
            hint: failure.hint().to_owned(),
        });
        Self {
            strategy: strategy.to_owned(),
            interrupted,
            failure,
            ideal: None,
            guess: None,
            measured: Vec::new(),
            stages: None,
            recording,
        }
    }

    /// The picture of the run, as an SVG document.
    pub fn svg(&self) -> String {
        picture(&self.strategy, &self.recording, self.stages.as_ref())
    }

    /// Prints it on stdout, on one line.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        print_json(self)
    }

    /// Writes to a file what [`Self::print`] prints.
    pub(crate) fn write(&self, file: File) -> io::Result<()> {
        write_json(file, self)
    }
}

/// The picture of a run: of its lanes, unless something is drawn in their place.
pub(crate) fn picture(strategy: &str, recording: &Recording, stages: Option<&Stages>) -> String {
    match stages {
        Some(stages) => stages::document(stages, strategy),
        None => svg::draw(recording, strategy),
    }
}

/// What `--prepare --json` prints of a run that could begin now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// The strategy's name, such as `async`.
    pub strategy: String,
    /// As in [`Report::ideal`].
    #[serde(rename = "ideal_s", with = "optional_seconds")]
    pub ideal: Option<Duration>,
}

impl Prepared {
    /// Ends the process.
    pub(crate) fn finish(&self, json: bool) -> ! {
        match if json { print_json(self) } else { Ok(()) } {
            Ok(()) => process::exit(0),
            Err(failure) => failure.exit(),
        }
    }
}
