//! The command line, the same for every strategy.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_REQUESTERS, MOST_THREADS, at_least_one, seconds, timeout};
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

    /// Threads of the pool
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) workers: usize,

    /// Futures under way at once [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST_REQUESTERS))]
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
        let mut command = Self::command()
            .about(PROGRAMS.about(strategy))
            // The threads in the log are what this scenario is about.
            .mut_arg("log", |log| log.default_value("full"));
        let workers = ("workers", "only ingest-thread-pool has a pool of threads");
        let limit = ("limit", "only ingest-async has futures that wait together");
        let meaningless: &[_] = match strategy {
            Strategy::ThreadPool => &[limit],
            Strategy::Async => &[workers],
            _ => &[workers, limit],
        };
        let options: Self = args::read_without(&mut command, meaningless);
        let count: u64 = options.characters.iter().map(length).sum();
        if count > MOST_REQUESTERS as u64 {
            let problem =
                format!("{MOST_REQUESTERS} ids at most are wanted, and --characters has {count}");
            command.error(ErrorKind::ValueValidation, problem).exit();
        }
        options
    }

    /// The characters' ids, in the order in which they are to be asked for.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.characters.iter().cloned().flatten()
    }

    /// What each request asks the server to wait, in seconds, as the URL has it.
    pub(crate) fn delay(&self) -> f64 {
        self.shared.sped_up(self.delay)
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
    if !url.username().is_empty() || url.password().is_some() {
        return Err("this client has no user and no password to give: leave them out".to_owned());
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

/// How many ids there are in a range.
fn length(ids: &RangeInclusive<u32>) -> u64 {
    u64::from(*ids.end()) - u64::from(*ids.start()) + 1
}
