//! The command line, the same for every strategy.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};
use reqwest::Url;

use crate::{PROGRAMS, Strategy};

/// What a user can choose.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// The API's route without the id, such as http://localhost:8000/api/character
    /// [default: the delay server at localhost:8000 if there is one, else one inside this run]
    #[arg(long, value_name = "URL", value_parser = route)]
    pub(crate) url: Option<String>,

    /// The ids of the characters, such as 1-10 or 1,2,99
    #[arg(long, value_name = "LIST", default_value = "1-10", value_delimiter = ',', value_parser = ids)]
    characters: Vec<RangeInclusive<u32>>,

    /// How long each request asks the server to wait; with 0 it asks for nothing
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    delay: f64,

    /// Threads of the pool (ingest-thread-pool only)
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_least_one)]
    pub(crate) workers: usize,

    /// Futures under way at once (ingest-async only) [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) limit: Option<usize>,

    /// Give up a request that takes longer
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout)]
    pub(crate) timeout: Duration,

    /// Make a request up to N times more if the server is too busy or the connection is lost
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) retries: usize,

    /// Write the characters to a file, one per line in JSON; it is begun anew
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Trust the certificates in this PEM file and no others [default: Mozilla's]
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let command = Self::command()
            .about(PROGRAMS.about(strategy))
            // The threads in the log are what this scenario is about.
            .mut_arg("log", |log| log.default_value("full"));
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// The characters' ids, in the order in which they are to be asked for.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.characters.iter().cloned().flatten()
    }

    /// What each request asks the server to wait, in seconds, as the URL has it.
    pub(crate) fn delay(&self) -> f64 {
        // Microseconds are enough, and 10/3 stays readable.
        (self.delay / self.shared.speed * 1e6).round() / 1e6
    }
}

fn route(text: &str) -> Result<String, String> {
    let wanted = "an address such as http://localhost:8000/api/character is wanted";
    let url = Url::parse(text).map_err(|error| format!("{error}; {wanted}"))?;
    match url.scheme() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => {
            return Err("https:// needs the feature `tls`, which was left out to build faster: \
                 cargo run -p character-ingest --features tls --bin …"
                .to_owned());
        }
        _ => return Err(format!("it does not begin with http:// or https://; {wanted}")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the query is made from --delay; {wanted}"));
    }
    Ok(text.to_owned())
}

fn ids(text: &str) -> Result<RangeInclusive<u32>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("ids are wanted, such as 1-10 or 1,2,99".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let wanted = "a number of seconds from 0 up is wanted, such as 2 or 0.5";
    text.parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
        .ok_or_else(|| wanted.to_owned())
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)?;
    let timeout = Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero());
    timeout.ok_or_else(|| "a number of seconds above 0 is wanted, such as 3 or 0.5".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "a whole number from 1 up is wanted".to_owned())
}
