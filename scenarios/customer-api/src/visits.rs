//! Who visits a server: some who want a report, and others with quick questions. They
//! come at a fixed rate, whether or not those before them have had their answers.

use std::time::Duration;

use clap::{CommandFactory, Parser};
use delay_server::client::{self, Unanswered};
use harness::args::{self, MOST_REQUESTERS, at_least_one};
use harness::{Failure, Run, time};
use reqwest::{Client, Response, Url};
use tracing::{Span, info_span};
use web_service::{client_of, server_url};

use crate::contents::CUSTOMERS;

/// What it is called.
const PROGRAM: &str = "customers-visitors";

/// Visitors of a server of customers, who come at a fixed rate
#[derive(Debug, Parser)]
struct Options {
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://localhost:8000", value_parser = server_url)]
    url: Url,

    /// How many come
    #[arg(long, value_name = "N", default_value = "8", value_parser = at_least_one(MOST_REQUESTERS))]
    visitors: usize,

    /// How many of them want a report, beginning with the first
    #[arg(long, value_name = "N", default_value_t = 1)]
    reports: usize,

    /// The time from one to the next
    #[arg(long, value_name = "SECONDS", default_value = "0.005", value_parser = args::seconds)]
    every: f64,

    /// Give up a request after this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = args::timeout)]
    timeout: Duration,

    #[command(flatten)]
    shared: harness::Options,
}

/// Who is to come, and to whom.
pub struct Visits {
    options: Options,
    client: Client,
}

/// A visitor.
pub struct Visit {
    name: String,
    /// What it asks for.
    pub url: String,
    /// When it comes, from when the first one does.
    pub comes_after: Duration,
    /// Whether it asks for what the database finds at once.
    pub is_quick: bool,
}

impl Visits {
    /// Reads the command line.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// and with 1 when nobody knows the server's host.
    pub fn from_args() -> Self {
        let options: Options = args::read(&mut Options::command());
        let client = client_of(&options.url, options.timeout)
            .unwrap_or_else(|failure| harness::exit(&failure));
        Self { options, client }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> Run {
        harness::start(PROGRAM, self.options.visitors, &self.options.shared)
    }

    /// All of them, in the order in which they come.
    pub fn all(&self) -> impl Iterator<Item = Visit> {
        let every = Duration::from_secs_f64(self.options.shared.sped_up(self.options.every));
        (0..self.options.visitors).map(move |place| {
            let id = place % CUSTOMERS as usize + 1;
            let is_quick = place >= self.options.reports;
            let (does, route) = if is_quick { ("find", "") } else { ("report", "/report") };
            Visit {
                name: format!("{does} {id}"),
                url: format!("{}customers/{id}{route}", self.options.url),
                comes_after: every.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX)),
                is_quick,
            }
        })
    }

    /// What they ask with. Whoever comes while others wait has a connection of its own.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// How long quick look-ups took, each from when it was due.
///
/// One that is kept from coming by those before it would not be counted otherwise.
pub fn summary(mut quick: Vec<Duration>) -> String {
    quick.sort_unstable();
    let (Some(median), Some(worst)) = (quick.get(quick.len() / 2), quick.last()) else {
        return "No quick look-ups were made.".to_owned();
    };
    let look_ups = if quick.len() == 1 { "look-up" } else { "look-ups" };
    let (count, median, worst) = (quick.len(), time::rounded(*median), time::rounded(*worst));
    format!(
        "{count} quick {look_ups}: the median was answered after {median}, the last after {worst}."
    )
}

impl Visit {
    /// The span that makes this visitor a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.url)
    }

    /// Reads the answer to its end, whatever it is. Gives its status.
    pub async fn accept(&self, answer: Response) -> Result<String, Failure> {
        let status = answer.status();
        let body = reqwest::Body::from(answer);
        let text = client::read(status.is_success(), body, |error| Unanswered::of(&error)).await;
        text.map_err(|why| failure(&self.url, &why))?;
        harness::done();
        Ok(status.to_string())
    }

    /// Why there is no answer.
    pub fn failure(&self, error: &reqwest::Error) -> Failure {
        let why = if error.is_timeout() { Unanswered::TimedOut } else { Unanswered::of(error) };
        failure(&self.url, &why)
    }
}

fn failure(url: &str, why: &Unanswered) -> Failure {
    let hint = match why {
        Unanswered::NobodyThere => "start a server with cargo run --bin customers-async",
        Unanswered::TimedOut => "raise --timeout, if the server is only slow",
        _ => "look at what the server itself says",
    };
    Failure::new(format!("the request to {url} failed: {why}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_median_and_the_last_are_told() {
        let ms = |all: &[u64]| summary(all.iter().map(|ms| Duration::from_millis(*ms)).collect());
        let wanted =
            "3 quick look-ups: the median was answered after 20 ms, the last after 300 ms.";
        assert_eq!(ms(&[20, 300, 10]), wanted);
        assert_eq!(ms(&[]), "No quick look-ups were made.");
    }
}
