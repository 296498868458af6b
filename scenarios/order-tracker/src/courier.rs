//! Couriers, who ride through a city and say where they are: to the tracker, or to
//! whoever asks them.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use clap::{CommandFactory, Parser};
use delay_server::client::{self, Unanswered};
use delay_server::{Bound, StartError};
use harness::args::{self, MOST_REQUESTERS, at_least_one};
use harness::{Failure, Run};
use jiff::Timestamp;
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Span, info, info_span};
use web_service::{Life, TRACE_PARENT, client_of, json, serve, server_url, why_unanswered};

use crate::follower::Follower;
use crate::position::Position;
use crate::secret::bearer;
use crate::street;
use crate::third_party::{Trip, Trips};
use crate::way::{Heard, Notes, Observed, Station, Which, ask, picture};

/// A watcher who reads nothing for longer is ended by a tracker with its usual --idle.
const MOST_SLOW: u64 = 60_000;

const PROGRAM: &str = "courier";

/// How long the tracker may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long somebody who asks may take to come for the last positions.
const LAST_CALL: Duration = Duration::from_secs(70);

/// Couriers who ride through São Paulo, and say where they are
#[derive(Debug, Parser)]
struct Options {
    /// Where the tracker is
    #[arg(long, value_name = "URL", default_value = "http://localhost:8000")]
    #[arg(value_parser = server_url)]
    url: Url,

    /// How many orders are under way, each with a courier
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one(MOST_REQUESTERS))]
    orders: usize,

    /// The time from one position to the next, in milliseconds
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = at_least_one(3_600_000_u64))]
    every: u64,

    /// How many watch each order, as its customer does
    #[arg(long, value_name = "N", default_value = "0", value_parser = watchers)]
    watchers: usize,

    /// Where its watchers are, if that is another instance
    #[arg(long, value_name = "URL", value_parser = server_url)]
    watch_at: Option<Url>,

    /// How long the last watcher of each order reads nothing after each position, in
    /// milliseconds; the others are not slow
    #[arg(long, value_name = "MS", value_parser = at_least_one(MOST_SLOW))]
    slow: Option<u64>,

    /// Draw the ways of the first order's positions, and not what the courier did
    #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "all")]
    way: Option<Which>,

    /// Wait here to be asked for the positions, instead of delivering them
    #[arg(long, value_name = "HOST:PORT", value_parser = args::host_and_port)]
    serve: Option<String>,

    #[command(flatten)]
    shared: harness::Options,
}

fn watchers(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= MOST_REQUESTERS);
    number.ok_or_else(|| format!("a whole number is wanted, {MOST_REQUESTERS} at most"))
}

/// Why it cannot wait to be asked. Servers have their address by another option.
fn cannot_serve(error: &StartError) -> Failure {
    Failure::new(error.to_string(), error.hint().replace("--addr", "--serve"))
}

/// Who is to ride.
pub struct Courier {
    options: Options,
    client: Client,
    asked: Option<Mutex<Option<Bound>>>,
    board: Arc<Board>,
    /// Of the first order, if its positions' ways are wanted.
    notes: Option<Notes>,
}

/// What there is to see for whoever asks.
#[derive(Default)]
struct Board {
    trips: Mutex<BTreeMap<String, Trip>>,
    was_asked: Notify,
}

/// One order, and the way to its customer.
pub struct Ride<'c> {
    courier: &'c Courier,
    number: usize,
}

/// What the tracker answers to a new order.
#[derive(Debug, Deserialize)]
struct Opened {
    order: String,
    link: String,
}

impl Courier {
    /// Reads the command line.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// and with 1 when nobody knows the tracker's host, or it cannot listen.
    pub fn from_args() -> Self {
        let options: Options = args::read(&mut Options::command());
        Self::new(options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(options: Options) -> Result<Self, Failure> {
        let client = client_of(&options.url, PATIENCE)?;
        let bound = options.serve.as_deref().map(Bound::to).transpose();
        let bound = bound.map_err(|error| cannot_serve(&error))?;
        let asked = bound.map(|bound| Mutex::new(Some(bound)));
        let notes = options.way.map(|_| Notes::new());
        Ok(Self { options, client, asked, board: Arc::default(), notes })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> Run {
        let Options { orders, watchers, .. } = self.options;
        let requesters = orders.saturating_mul(watchers.saturating_add(1));
        let run = harness::start(PROGRAM, requesters, &self.options.shared);
        if let Some(asked) = &self.asked
            && let Some(bound) = &*asked.lock().unwrap_or_else(PoisonError::into_inner)
        {
            run.say(&format!("Positions are at {}/trips", bound.url));
        }
        run
    }

    /// All rides.
    pub fn rides(&self) -> impl Iterator<Item = Ride<'_>> {
        (1..=self.options.orders).map(|number| Ride { courier: self, number })
    }

    /// Draws the ways of the first order's positions, if that is wanted; else what the
    /// couriers and the watchers did.
    pub async fn finish(&self, run: Run, ridden: Result<(), Failure>) -> ExitCode {
        if let (Some(which), Some(notes), Ok(())) = (self.options.way, &self.notes, &ridden) {
            // What comes from here on is no part of the ride.
            let _ = run.stop();
            match picture(&self.observed(notes).await, which) {
                Ok(stages) => run.shows(stages),
                Err(why) => harness::note(&format!("the ways are not drawn: {why}")),
            }
        }
        run.finish(ridden)
    }

    /// What everybody has seen of them.
    async fn observed(&self, notes: &Notes) -> Observed {
        let Options { url, watch_at, watchers, .. } = &self.options;
        let courier = notes.taken();
        let told = self.ask(url, notes).await;
        let watched = match watch_at.as_ref().filter(|other| *other != url) {
            Some(other) => self.ask(other, notes).await,
            None => told.clone(),
        };
        let watchers = (1..=*watchers as u64).collect();
        Observed { courier, told, watched, watchers }
    }

    async fn ask(&self, instance: &Url, notes: &Notes) -> Option<Heard> {
        let told = ask(&self.client, instance, notes.trace).await;
        let note =
            |why| harness::note(&format!("what happened at {instance} is not known: it {why}"));
        told.map_err(note).ok()
    }

    /// Answers whoever asks for positions while the rides go on, and once more when
    /// they are over. Without `--serve` there is nobody to be answered.
    ///
    /// # Errors
    ///
    /// Those of the rides.
    pub async fn answer_during<E>(
        &self,
        rides: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let bound = self.asked.as_ref();
        let bound = bound.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(Bound { sockets, .. }) = bound else { return rides.await };
        let board = Arc::clone(&self.board);
        let notes = self.notes.clone();
        let trips = get(async move || {
            let trips = board.trips.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(notes) = &notes {
                trips.values().for_each(|trip| notes.told(&trip.reference, trip.tick));
            }
            let trips = Trips { trips: trips.values().cloned().collect() };
            board.was_asked.notify_one();
            // Numbers and texts can always be written.
            json(StatusCode::OK, serde_json::to_string(&trips).unwrap_or_default())
        });
        let (stop, stopped) = oneshot::channel();
        let router = Router::new().route("/trips", trips);
        let answering = serve(sockets, move |_| router.clone(), Life::default(), stopped, PATIENCE);
        let riding = async {
            let ridden = rides.await;
            if ridden.is_ok() {
                // One may have asked before the last step, so the second one is waited for.
                for _ in 0..2 {
                    let _ = timeout(LAST_CALL, self.board.was_asked.notified()).await;
                }
            }
            let _ = stop.send(());
            ridden
        };
        // What goes wrong in answering is noticed by who asks.
        let (ridden, _) = tokio::join!(riding, answering);
        ridden
    }
}

impl Ride<'_> {
    /// The span that makes this ride a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = format!("courier {}", self.number))
    }

    /// Opens an order, and gives what it is called.
    ///
    /// # Errors
    ///
    /// When the tracker does not.
    pub async fn open(&self) -> Result<String, Failure> {
        let text = self.post("orders", None).await?;
        let Opened { order, link } = serde_json::from_str(&text).map_err(|error| {
            let cause = format!("the tracker's answer is no order: {error}");
            Failure::new(cause, "check that --url is a tracker's")
        })?;
        if let Some(notes) = self.notes() {
            notes.begin(&order);
        }
        info!("On the way; watch at {link}");
        Ok(order)
    }

    /// Those who watch the order. They go home when the ride does not need them any more.
    pub fn followers(&self, order: &str) -> Vec<Follower> {
        let Courier { options, .. } = self.courier;
        let number = |watcher| (self.number - 1) * options.watchers + watcher;
        let tracker = options.watch_at.as_ref().unwrap_or(&options.url);
        let slow = options.slow.map(|slow| options.shared.sped_up(slow as f64 / 1e3));
        let slow = slow.map(Duration::from_secs_f64);
        let follower = |watcher| {
            let is_last = watcher == options.watchers;
            Follower::new(number(watcher), tracker, order)
                .slow(slow.filter(|_| is_last))
                .noting(self.notes().cloned())
        };
        (1..=options.watchers).map(follower).collect()
    }

    /// Each position of the way, when its time has come.
    pub fn positions(
        &self,
    ) -> impl Iterator<Item = impl Future<Output = Position> + use<>> + use<> {
        let shared = &self.courier.options.shared;
        let every = self.courier.options.every as f64 / 1e3;
        let pause = Duration::from_secs_f64(shared.sped_up(every));
        let begun = Instant::now();
        let last = (street::seconds() / every).ceil() as u32;
        (0..=last).map(move |step| async move {
            sleep_until(begun + pause.saturating_mul(step)).await;
            let (lat, lon) = street::after(f64::from(step) * every);
            Position { lat, lon, at: Timestamp::now(), sequence: u64::from(step) + 1 }
        })
    }

    /// Says where the courier is: to the tracker, or to whoever asks.
    ///
    /// # Errors
    ///
    /// When the tracker does not take it.
    pub async fn deliver(&self, order: &str, position: &Position) -> Result<(), Failure> {
        let note = |station| {
            if let Some(notes) = self.notes() {
                notes.note(station, position.sequence);
            }
        };
        if self.courier.asked.is_some() {
            let trip = Trip::of(order, position);
            let mut trips = self.courier.board.trips.lock().unwrap_or_else(PoisonError::into_inner);
            note(Station::LaidOut);
            trips.insert(order.to_owned(), trip);
            return Ok(());
        }
        let body = serde_json::to_string(position).unwrap_or_default();
        note(Station::Sent);
        let answer = self.post(&format!("orders/{order}/position"), Some(body)).await;
        if answer.is_err() {
            note(Station::NotDelivered);
        }
        answer.map(drop)
    }

    /// Where it notes what it sees, if its positions' ways are wanted.
    fn notes(&self) -> Option<&Notes> {
        self.courier.notes.as_ref().filter(|_| self.number == 1)
    }

    async fn post(&self, path: &str, body: Option<String>) -> Result<String, Failure> {
        let Courier { client, options, .. } = self.courier;
        let mut request = client.post(format!("{}{path}", options.url));
        if let Some(secret) = bearer() {
            request = request.header("authorization", secret);
        }
        if let Some(notes) = self.notes() {
            request = request.header(TRACE_PARENT, notes.traceparent(None));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer =
            request.send().await.map_err(|error| self.unanswered(&why_unanswered(&error)))?;
        let status = answer.status();
        let text = text_of(answer).await.map_err(|why| self.unanswered(&why))?;
        if status.is_success() { Ok(text) } else { Err(refused(status.as_u16(), &text)) }
    }

    fn unanswered(&self, why: &Unanswered) -> Failure {
        let url = &self.courier.options.url;
        let hint = match why {
            Unanswered::NobodyThere => {
                let there = client::there(url.as_str());
                &format!("start a tracker with cargo run --bin order-tracker{there}")
            }
            _ => "look at what the tracker itself says",
        };
        Failure::new(format!("the tracker at {url} gives no answer: {why}"), hint)
    }
}

async fn text_of(answer: Response) -> Result<String, Unanswered> {
    let status = answer.status();
    client::read(status.is_success(), reqwest::Body::from(answer), |error| why_unanswered(&error))
        .await
}

/// The sentence of a problem, or what else was said.
fn refused(status: u16, text: &str) -> Failure {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let hint = match status {
        401 => "set DELIVERY_SECRET to what the tracker was started with",
        _ => "look at what the tracker itself says",
    };
    let said = serde_json::from_str(text).map_or_else(|_| text.to_owned(), |it: Problem| it.detail);
    let said: String = said.chars().take(160).collect();
    let colon = if said.is_empty() { "" } else { ": " };
    Failure::new(format!("the tracker answered {status}{colon}{said}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_sentence_of_a_problem_is_told() {
        let failure = refused(401, r#"{"detail":"say the secret","status":401}"#);
        assert_eq!(failure.cause(), "the tracker answered 401: say the secret");
        assert_eq!(refused(500, "oh").cause(), "the tracker answered 500: oh");
    }
}
