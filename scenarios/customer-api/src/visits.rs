//! Who visits a server: some who want a report, and others with quick questions. They
//! come at a fixed rate, whether or not those before them have had their answers.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroU128};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use delay_server::client::{self, Unanswered};
use harness::args::{self, MOST_REQUESTERS, at_least_one};
use harness::joined::Dated;
use harness::recording::{Outcome, Recording};
use harness::{Failure, Run, time};
use lens::TraceParent;
use reqwest::{Client, Response, Url};
use tracing::{Span, info, info_span};
use web_service::{client_of, is_here, server_url, why_unanswered};

use crate::contents::CUSTOMERS;
use crate::server_side;

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

    /// After how many seconds those who want a report hang up; they do not otherwise
    #[arg(long, value_name = "SECONDS", value_parser = args::timeout)]
    hang_up: Option<Duration>,

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
    /// Whether the server is on this machine, and so has its clock.
    is_here: bool,
    trace: NonZeroU128,
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
    /// When it hangs up, from when it comes.
    pub hangs_up_after: Duration,
    /// What the server calls its request too.
    pub trace: TraceParent,
}

/// What became of all visitors.
#[derive(Default)]
pub struct Visited {
    /// How long each quick one had to wait, from when it was due, and the status of
    /// its answer.
    pub quick: Vec<(Duration, String)>,
    /// The status of each report's answer, or what takes its place.
    pub reports: Vec<String>,
}

impl Visits {
    /// Reads the command line.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// and with 1 when nobody knows the server's host.
    pub fn from_args() -> Self {
        let options: Options = args::read(&mut Options::command());
        Self::new(options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(options: Options) -> Result<Self, Failure> {
        let host = options.url.host_str().unwrap_or_default();
        let port = options.url.port_or_known_default().unwrap_or(80);
        let addresses = client::look_up(host, port)?;
        let client = client_of(&options.url, options.timeout)?;
        let is_here = addresses.into_iter().all(is_here);
        // One in 2^128 is none.
        let trace = NonZeroU128::new(fastrand::u128(..)).unwrap_or(NonZeroU128::MIN);
        Ok(Self { options, client, is_here, trace })
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
            let span = NonZeroU64::MIN.saturating_add(place as u64);
            let (does, route) = if is_quick { ("find", "") } else { ("report", "/report") };
            Visit {
                name: format!("{does} {id}"),
                url: format!("{}customers/{id}{route}", self.options.url),
                comes_after: every.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX)),
                is_quick,
                hangs_up_after: self.options.hang_up.filter(|_| !is_quick).unwrap_or(Duration::MAX),
                trace: TraceParent { trace: self.trace, span },
            }
        })
    }

    /// Draws what the server did for them, if it tells; else what they did themselves.
    pub async fn finish(&self, run: Run, visited: Result<Visited, Failure>) -> ExitCode {
        if let Ok(Visited { quick, reports }) = &visited {
            let (served, refused): (Vec<_>, Vec<_>) =
                quick.iter().partition(|(_, status)| status.starts_with('2'));
            let quick: Vec<Duration> = served.into_iter().map(|(waited, _)| *waited).collect();
            let refused: Vec<&str> = refused.into_iter().map(|(_, it)| it.as_str()).collect();
            let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
            let told = [
                summary(&quick, refused.len()),
                counted("quick look-up", &refused),
                counted("report", &reports),
            ];
            told.into_iter().flatten().for_each(|told| run.say(&told));
            for (what, time) in ["median", "last"].into_iter().zip(median_and_last(&quick)) {
                run.measured(&format!("quick ones: {what}"), time);
            }
        }
        let drawn = match run.stop() {
            Some(own) if has_answers(&own) => self.server_side(&own).await,
            _ => None,
        };
        run.finish_as(visited.map(drop), drawn)
    }

    async fn server_side(&self, own: &Dated) -> Option<Recording> {
        let recording = if self.is_here {
            server_side::recording(&self.client, &self.options.url, self.trace, own).await
        } else {
            Err("the server is on another machine, which has another clock".to_owned())
        };
        let note = |why| harness::note(&format!("these are the visitors' own lanes: {why}"));
        recording.map_err(note).ok()
    }

    /// What they ask with. Whoever comes while others wait has a connection of its own.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// Whether one of them had an answer at least.
fn has_answers(own: &Dated) -> bool {
    own.recording.lanes.iter().any(|lane| lane.outcome == Outcome::Done)
}

/// How long quick look-ups took, each from when it was due; nothing if there were none.
///
/// One that is kept from coming by those before it would not be counted otherwise.
fn median_and_last(quick: &[Duration]) -> Vec<Duration> {
    let mut quick = quick.to_vec();
    quick.sort_unstable();
    [quick.get(quick.len() / 2), quick.last()].into_iter().flatten().copied().collect()
}

/// How long those took that were served; none if all were refused.
fn summary(quick: &[Duration], refused: usize) -> Option<String> {
    let [median, last] = median_and_last(quick)[..] else {
        return (refused == 0).then(|| "No quick look-ups were made.".to_owned());
    };
    let look_ups = if quick.len() == 1 { "look-up" } else { "look-ups" };
    let (count, median, last) = (quick.len(), time::rounded(median), time::rounded(last));
    Some(format!(
        "{count} quick {look_ups}: the median was answered after {median}, the last after {last}."
    ))
}

/// How often one of these had which outcome, such as a status; none of no outcomes.
fn counted(what: &str, outcomes: &[&str]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    outcomes.iter().for_each(|outcome| *counts.entry(outcome).or_default() += 1);
    let counts = counts.iter().map(|(outcome, count)| format!("{count} × {outcome}"));
    let plural = if outcomes.len() == 1 { "" } else { "s" };
    let counts = counts.collect::<Vec<_>>().join(", ");
    (!outcomes.is_empty()).then(|| format!("{} {what}{plural}: {counts}.", outcomes.len()))
}

impl Visit {
    /// The span that makes this visitor a lane of the recording.
    pub fn span(&self) -> Span {
        let traceparent = self.trace.to_string();
        info_span!("requester", name = self.name, asks = self.url, traceparent)
    }

    /// Reads the answer to its end, whatever it is. Gives its status.
    pub async fn accept(&self, answer: Response) -> Result<String, Failure> {
        let status = answer.status();
        let body = reqwest::Body::from(answer);
        let text = client::read(status.is_success(), body, |error| why_unanswered(&error)).await;
        text.map_err(|why| failure(&self.url, &why))?;
        harness::done();
        Ok(status.to_string())
    }

    /// Says that it has not waited for its answer. Gives what takes the place of a status.
    pub fn hang_up(&self) -> String {
        info!("Hung up after {} s", self.hangs_up_after.as_secs_f64());
        lens::failed();
        "hung up".to_owned()
    }

    /// Why there is no answer.
    pub fn failure(&self, error: &reqwest::Error) -> Failure {
        failure(&self.url, &why_unanswered(error))
    }
}

fn failure(url: &str, why: &Unanswered) -> Failure {
    let hint = match why {
        Unanswered::NobodyThere => {
            &format!("start a server with cargo run --bin customers-async{}", client::there(url))
        }
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
        let ms = |all: &[u64], refused| {
            let all: Vec<_> = all.iter().map(|ms| Duration::from_millis(*ms)).collect();
            summary(&all, refused).unwrap_or_default()
        };
        let wanted =
            "3 quick look-ups: the median was answered after 20 ms, the last after 300 ms.";
        assert_eq!(ms(&[20, 300, 10], 1), wanted);
        assert_eq!(ms(&[], 0), "No quick look-ups were made.");
        assert_eq!(ms(&[], 2), "", "they were");
    }

    #[test]
    fn outcomes_are_counted() {
        let all = |all: &[&str]| counted("report", all).unwrap_or_default();
        assert_eq!(all(&["504 B", "200 A", "504 B"]), "3 reports: 1 × 200 A, 2 × 504 B.");
        assert_eq!(all(&["hung up"]), "1 report: 1 × hung up.");
        assert_eq!(all(&[]), "");
    }
}
