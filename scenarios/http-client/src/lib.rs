//! The WHAT of the slow server: which requests are made, and where the server
//! comes from. The HOW is one file per strategy in `src/bin`.

use std::io;
use std::time::Duration;

use delay_server::client::{LONGEST_HEAD, Unanswered};
use delay_server::{Server, client};
use futures::FutureExt;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::timeout;
use tower::util::MapFutureLayer;
use tracing::{Span, info_span};
use ureq::http::Response;

pub use failure::Failure;
pub use harness::Strategy;

mod descriptors;
mod failure;
mod options;

use failure::{of_async, of_blocking, of_hyper};
use options::Options;

delay_server::known_host!();

/// What the strategies' programs are called.
pub const PROGRAMS: harness::Programs = harness::Programs { prefix: "", subject: "Slow requests" };

/// What one run is to do, and all it needs for it.
pub struct Plan {
    strategy: Strategy,
    options: Options,
    /// The route without its query, such as `http://localhost:8000/delay-me`.
    url: String,
    host: KnownHost,
    /// How long a request may take.
    timeout: Duration,
    /// The server of a run that brings its own; it stops with the plan.
    _server: Option<Server>,
}

/// One request, and who makes it.
pub struct Request {
    /// The requester's name, such as `R1`.
    pub name: String,
    /// What it asks for, such as `http://localhost:8000/delay-me?seconds=10`.
    pub url: String,
}

impl Plan {
    /// Reads the command line and finds a server, or starts one.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is
    /// wrong, else with 1.
    pub fn from_args(strategy: Strategy) -> Self {
        Self::from(strategy, Options::read(strategy, strategy == Strategy::ThreadPool))
    }

    /// The same for a program that has a pool of threads, whatever its strategy:
    /// it takes `--workers`.
    pub fn from_args_with_pool(strategy: Strategy) -> Self {
        Self::from(strategy, Options::read(strategy, true))
    }

    fn from(strategy: Strategy, options: Options) -> Self {
        Self::new(strategy, options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(strategy: Strategy, options: Options) -> Result<Self, harness::Failure> {
        let (url, server) = match &options.url {
            Some(url) => (url.clone(), None),
            None => client::find_or_start("/delay-me")?,
        };
        let host = KnownHost::in_url(&url)?;
        descriptors::provide(strategy.at_once(options.count(), options.workers), server.is_some())?;
        let timeout = options.timeout();
        Ok(Self { strategy, options, url, host, timeout, _server: server })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        let delays: Vec<_> = self.options.delays().map(Duration::from_secs_f64).collect();
        let ideal = self.strategy.ideal(&delays, self.options.workers);
        let name = PROGRAMS.name(self.strategy);
        harness::start_with_ideal(&name, delays.len(), ideal, &self.options.shared)
    }

    /// The requests, in the order in which they are to be made.
    pub fn requests(&self) -> impl Iterator<Item = Request> {
        self.options.delays().zip(1..).map(|(seconds, number)| Request {
            name: format!("R{number}"),
            url: format!("{}?seconds={seconds}", self.url),
        })
    }

    /// How many threads a pool is to have.
    pub fn workers(&self) -> usize {
        self.options.workers
    }

    /// A client whose calls give the thread back while they wait.
    pub fn async_client(&self) -> Result<reqwest::Client, Failure> {
        let client = reqwest::Client::builder()
            .no_proxy()
            // Where a server sends its clients to is not what was to be asked.
            .redirect(Policy::none())
            .timeout(self.timeout)
            .resolve_to_addrs(&self.host.name, &self.host.addresses)
            // All requests are made at once, so no connection serves twice. A pool
            // would look through all that wait whenever one of them connects.
            .pool_max_idle_per_host(0)
            // tokio lets a task have 128 events and then go on later. One task makes
            // all requests, and where thousands connect at once, those beyond would be
            // polled in vain, again and again.
            .connector_layer(MapFutureLayer::new(unconstrained));
        Ok(client.build()?)
    }

    /// A client whose calls keep the thread until the reply is there.
    pub fn blocking_client(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(self.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(LONGEST_HEAD)
            // As in the other client, each request has a connection of its own.
            .max_idle_connections(0)
            // A head that is too long must fit in, to be known for one. The usual
            // 128 KiB each would be most of a thread's memory.
            .input_buffer_size(LONGEST_HEAD + 1024)
            .output_buffer_size(8 * 1024);
        self.host.agent(config.build())
    }

    /// A connection to the server, for a request that takes care of the rest itself.
    pub async fn connect(&self) -> Result<TcpStream, Failure> {
        TcpStream::connect(&self.host.addresses[..])
            .await
            .map_err(|error| Unanswered::from(&error).into())
    }

    /// Gives a request up when it has taken as long as the user would wait.
    pub fn in_time(
        &self,
        request: impl Future<Output = Result<(), Failure>>,
    ) -> impl Future<Output = Result<(), Failure>> {
        timeout(self.timeout, request)
            .map(|in_time| in_time.unwrap_or_else(|_elapsed| Err(Unanswered::TimedOut.into())))
    }
}

impl Request {
    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.url)
    }

    /// Takes the server's reply if it is a good one; the request is done then.
    pub async fn accept(&self, reply: reqwest::Response) -> Result<String, Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let status = reply.status();
        let content = client::read(status.is_success(), reqwest::Body::from(reply), of_async);
        self.accept_text(status, content.await?)
    }

    /// The same from a client that blocks.
    pub fn accept_blocking(&self, reply: Response<ureq::Body>) -> Result<String, Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let (status, body) = (reply.status(), reply.into_body().into_reader());
        let why = |error: io::Error| of_blocking(error.into());
        self.accept_text(status, client::read_blocking(status.is_success(), body, why)?)
    }

    /// The same from one of hyper's own connections.
    pub async fn accept_from_hyper(
        &self,
        reply: hyper::Response<hyper::body::Incoming>,
    ) -> Result<String, Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let status = reply.status();
        let content = client::read(status.is_success(), reply.into_body(), of_hyper);
        self.accept_text(status, content.await?)
    }

    /// The same of a reply whose text is there.
    pub fn accept_text(&self, status: StatusCode, content: String) -> Result<String, Failure> {
        if !status.is_success() {
            return Err(Failure::refused(status, &content));
        }
        harness::done();
        Ok(content)
    }
}
