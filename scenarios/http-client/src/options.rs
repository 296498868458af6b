//! The command line, the same for every strategy.

use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};
use reqwest::Url;

use crate::{PROGRAMS, Strategy};

/// What a user can choose.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// The server's route without its query, such as http://localhost:8000/delay-me
    /// [default: the delay server at localhost:8000 if there is one, else one inside this run]
    #[arg(long, value_name = "URL", value_parser = route)]
    pub(crate) url: Option<String>,

    /// How long each request asks the server to wait, in seconds
    #[arg(long, value_name = "LIST", default_value = "10,2,5", value_delimiter = ',', value_parser = seconds)]
    pub(crate) seconds: Vec<f64>,

    /// Make N requests, all of the first delay
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) requests: Option<usize>,

    /// Threads of the pool (thread-pool only)
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    pub(crate) workers: usize,

    /// Give up a request after this many seconds [default: wait as long as it takes]
    #[arg(long, value_name = "SECONDS", value_parser = timeout)]
    pub(crate) timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy) -> Self {
        let command = Self::command().about(PROGRAMS.about(strategy));
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// How many requests there are.
    pub(crate) fn count(&self) -> usize {
        self.requests.unwrap_or(self.seconds.len())
    }

    /// The delay that each request asks for, in seconds, as the URL has it.
    pub(crate) fn delays(&self) -> impl Iterator<Item = f64> {
        // Microseconds are enough, and 10/3 stays readable.
        let sped_up = |seconds: &f64| (seconds / self.shared.speed * 1e6).round() / 1e6;
        let take = if self.requests.is_some() { 1 } else { self.seconds.len() };
        self.seconds[..take].iter().map(sped_up).cycle().take(self.count())
    }
}

fn route(text: &str) -> Result<String, String> {
    let wanted = "an address such as http://localhost:8000/delay-me is wanted";
    let url = Url::parse(text).map_err(|error| format!("{error}; {wanted}"))?;
    match url.scheme() {
        "http" => {}
        "https" => return Err("this client speaks http:// only".to_owned()),
        _ => return Err(format!("it does not begin with http://; {wanted}")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the query is made from --seconds; {wanted}"));
    }
    Ok(text.to_owned())
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
