//! The WHAT of the ingestion: which characters are asked for, what an answer
//! must be, and what is kept of it. The HOW is one file per strategy in `src/bin`.

use std::io;
use std::time::Duration;

use backon::ExponentialBuilder;
use delay_server::{Server, client};
use reqwest::StatusCode;
use tracing::{Span, info_span};
use ureq::http::Response;

pub use character::{Character, Gender, Place, Status};
pub use failure::{Failure, Failures};
pub use harness::Strategy;

mod character;
mod clients;
mod failure;
mod options;
mod out;
mod outcomes;
#[cfg(feature = "tls")]
mod tls;

use failure::{of_async, of_blocking};
use options::Options;
use outcomes::Outcomes;

delay_server::known_host!();

/// What the strategies' programs are called.
pub const PROGRAMS: harness::Programs =
    harness::Programs { prefix: "ingest-", subject: "Characters from an API" };

/// The first pause before a request is made again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What one run is to do, and all it needs for it.
pub struct Plan {
    strategy: Strategy,
    options: Options,
    /// The route without the id, such as `http://localhost:8000/api/character`.
    url: String,
    host: KnownHost,
    outcomes: Outcomes,
    #[cfg(feature = "tls")]
    trust: tls::Trust,
    /// The server of a run that brings its own; it stops with the plan.
    _server: Option<Server>,
}

/// One character to be asked for, and who asks.
pub struct Request {
    /// The requester's name, such as `C1`.
    pub name: String,
    /// The character's id.
    pub id: u32,
    /// What is asked for, such as `http://localhost:8000/api/character/1?delay=2`.
    pub url: String,
}

impl Plan {
    /// Reads the command line, opens the files it names, and finds a server or
    /// starts one.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is
    /// wrong, else with 1.
    pub fn from_args(strategy: Strategy) -> Self {
        let options = Options::read(strategy);
        Self::new(strategy, options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(strategy: Strategy, options: Options) -> Result<Self, harness::Failure> {
        #[cfg(feature = "tls")]
        let trust = tls::Trust::new(options.ca.as_deref())?;
        let outcomes = Outcomes::new(options.out.as_deref())?;
        let (url, server) = match &options.url {
            Some(url) => (url.trim_end_matches('/').to_owned(), None),
            None => client::find_or_start("/api/character")?,
        };
        let host = KnownHost::in_url(&url)?;
        Ok(Self {
            strategy,
            options,
            url,
            host,
            outcomes,
            #[cfg(feature = "tls")]
            trust,
            _server: server,
        })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        let count = self.options.ids().count();
        let delay = Duration::from_secs_f64(self.options.delay());
        let delays = vec![delay; count];
        let ideal = match self.strategy {
            // A bound on futures is one on workers, as far as time goes.
            Strategy::Async => Strategy::ThreadPool.ideal(&delays, self.limit()),
            other => other.ideal(&delays, self.workers()),
        };
        let name = PROGRAMS.name(self.strategy);
        harness::start_with_ideal(&name, count, ideal, &self.options.shared)
    }

    /// The requests, in the order in which they are to be made.
    pub fn requests(&self) -> impl Iterator<Item = Request> {
        let delay = self.options.delay();
        self.options.ids().map(move |id| Request {
            name: format!("C{id}"),
            id,
            url: match delay {
                0.0 => format!("{}/{id}", self.url),
                seconds => format!("{}/{id}?delay={seconds}", self.url),
            },
        })
    }

    /// How many threads a pool is to have.
    pub fn workers(&self) -> usize {
        self.options.workers
    }

    /// How many futures may be under way at once.
    pub fn limit(&self) -> usize {
        self.options.limit.unwrap_or_else(|| self.options.ids().count())
    }

    /// How often a request is made again, and after what pauses: half a second and
    /// up to as much again, by chance, and then twice as long each time. Without
    /// the chance, all that failed together would come back together.
    pub fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE.div_f64(self.options.shared.speed))
            .with_max_times(self.options.retries)
            .with_jitter()
    }

    /// Takes what has become of a character: writes it, or remembers why it failed.
    /// Whatever it was, the others go on.
    pub fn keep(&self, request: &Request, pulled: Result<Character, Failure>) {
        self.outcomes.keep(request, pulled);
    }

    /// Fails if any of the characters did, with all the reasons.
    pub fn verdict(&self) -> Result<(), Failures> {
        self.outcomes.verdict()
    }
}

impl Request {
    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.url)
    }

    /// Takes the server's reply if it is the character that was asked for.
    pub async fn accept(&self, reply: reqwest::Response) -> Result<Character, Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let status = reply.status();
        let content = client::read(status.is_success(), reqwest::Body::from(reply), of_async);
        self.accept_text(status, &content.await?)
    }

    /// The same from a client that blocks.
    pub fn accept_blocking(&self, reply: Response<ureq::Body>) -> Result<Character, Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let (status, body) = (reply.status(), reply.into_body().into_reader());
        let why = |error: io::Error| of_blocking(error.into());
        self.accept_text(status, &client::read_blocking(status.is_success(), body, why)?)
    }

    fn accept_text(&self, status: StatusCode, content: &str) -> Result<Character, Failure> {
        if !status.is_success() {
            return Err(Failure::refused(status, content));
        }
        let character: Character =
            serde_json::from_str(content).map_err(|error| Failure::rubbish(&error.to_string()))?;
        if character.id != self.id {
            return Err(Failure::rubbish(&format!("it has the id {}", character.id)));
        }
        Ok(character)
    }
}
