//! The command line, the same for every strategy.

use std::time::Duration;

use clap::{CommandFactory, Parser};
use harness::args::{self, MOST_REQUESTERS, MOST_THREADS, at_least_one, seconds, timeout};
use reqwest::Url;

use crate::{PROGRAMS, Strategy};

/// How long a server may be silent beyond what it was asked for. One that stands still
/// would keep its requests for ever, and one that is only slow takes less.
const SILENCE: Duration = Duration::from_secs(60);

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
    #[arg(long, value_name = "N", value_parser = at_least_one(MOST_REQUESTERS))]
    pub(crate) requests: Option<usize>,

    /// Threads of the pool
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one(MOST_THREADS))]
    pub(crate) workers: usize,

    /// Give up a request after this many seconds
    /// [default: a minute more than the longest delay]
    #[arg(long, value_name = "SECONDS", value_parser = timeout)]
    timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) shared: harness::Options,
}

impl Options {
    /// Reads the command line of a program that has a pool, or has not; a wrong
    /// one ends the process with exit code 2.
    pub(crate) fn read(strategy: Strategy, has_pool: bool) -> Self {
        let meaningless = [("workers", "only thread-pool has a pool of threads")];
        let meaningless = if has_pool { &[][..] } else { &meaningless };
        args::read_without(&mut Self::command().about(PROGRAMS.about(strategy)), meaningless)
    }

    /// How many requests there are.
    pub(crate) fn count(&self) -> usize {
        self.requests.unwrap_or(self.seconds.len())
    }

    /// The delay that each request asks for, in seconds, as the URL has it.
    pub(crate) fn delays(&self) -> impl Iterator<Item = f64> {
        let sped_up = |seconds: &f64| self.shared.sped_up(*seconds);
        let take = if self.requests.is_some() { 1 } else { self.seconds.len() };
        self.seconds[..take].iter().map(sped_up).cycle().take(self.count())
    }

    /// How long a request may take.
    pub(crate) fn timeout(&self) -> Duration {
        let longest = self.delays().map(Duration::from_secs_f64).max().unwrap_or_default();
        self.timeout.unwrap_or(longest.saturating_add(SILENCE))
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
    if !url.username().is_empty() || url.password().is_some() {
        return Err("this client has no user and no password to give: leave them out".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the query is made from --seconds; {wanted}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout_of(args: &[&str]) -> f64 {
        let options = Options::parse_from([&["async"], args].concat());
        options.timeout().as_secs_f64()
    }

    #[test]
    fn a_server_may_be_silent_for_a_minute_longer_than_it_was_asked_to() {
        assert_eq!(timeout_of(&["--seconds", "2,300,5"]), 360.0);
        assert_eq!(timeout_of(&["--seconds", "300", "--speed", "10"]), 90.0);
        assert_eq!(timeout_of(&["--seconds", "300", "--timeout", "7"]), 7.0);
    }
}
