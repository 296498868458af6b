//! What `event-loop` asks for, and where its server comes from.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use delay_server::{Server, client};
use harness::args::{self, seconds, timeout};
use tracing::{Span, info_span};

use crate::route::Route;
use crate::{Client, Failure, Reactor, Reply, Timers};

/// Slow requests that wait together on an event loop of a few hundred lines
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The server's route without its query, such as http://localhost:8000/delay-me
    /// [default: the delay server at localhost:8000 if there is one, else one inside this run]
    #[arg(long, value_name = "URL")]
    url: Option<Route>,

    /// How long each request asks the server to wait, in seconds
    #[arg(long, value_name = "LIST", default_value = "10,2,5", value_delimiter = ',', value_parser = seconds)]
    seconds: Vec<f64>,

    /// Give up a request after this many seconds [default: wait as long as it takes]
    #[arg(long, value_name = "SECONDS", value_parser = timeout)]
    timeout: Option<Duration>,

    #[command(flatten)]
    shared: harness::Options,
}

/// What one run is to do, and all it needs for it.
pub struct Plan {
    options: Options,
    route: Route,
    addresses: Vec<SocketAddr>,
    /// The server of a run that brings its own; it stops with the plan.
    _server: Option<Server>,
}

/// One request, and who makes it.
pub struct Request {
    /// The requester's name, such as `R1`.
    pub name: String,
    /// What it asks for, such as `http://localhost:8000/delay-me?seconds=10`.
    pub url: String,
    /// How long the server is to wait, in seconds.
    pub seconds: f64,
}

impl Plan {
    /// Reads the command line and finds a server, or starts one.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is
    /// wrong, else with 1.
    pub fn from_args() -> Self {
        let options = args::read(&mut Options::command());
        Self::new(options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(options: Options) -> Result<Self, harness::Failure> {
        let (route, server) = match &options.url {
            Some(route) => (route.clone(), None),
            None => find_or_start()?,
        };
        let addresses = client::look_up(&route.host, route.port)?;
        Ok(Self { options, route, addresses, _server: server })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start("event-loop", self.options.seconds.len(), &self.options.shared)
            .on_event_loop()
    }

    /// The requests, in the order in which they are to be made.
    pub fn requests(&self) -> impl Iterator<Item = Request> {
        let Route { host, port, path } = &self.route;
        self.options.seconds.iter().zip(1..).map(move |(seconds, number)| {
            let seconds = self.options.shared.sped_up(*seconds);
            let url = format!("http://{host}:{port}{path}?seconds={seconds}");
            Request { name: format!("R{number}"), url, seconds }
        })
    }

    /// A client whose calls wait on this event loop.
    pub fn client<'a>(&'a self, timers: &'a Timers, reactor: &'a Reactor) -> Client<'a> {
        let Self { route, addresses, options, .. } = self;
        Client { timers, reactor, route, addresses, timeout: options.timeout }
    }
}

impl Request {
    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.url)
    }

    /// Takes the server's reply if it is a good one; the request is done then.
    ///
    /// # Errors
    ///
    /// When the server refused it.
    pub fn accept(&self, reply: Reply) -> Result<String, Failure> {
        if !reply.is_success {
            return Err(Failure::refused(&reply));
        }
        harness::done();
        Ok(reply.content)
    }
}

fn find_or_start() -> Result<(Route, Option<Server>), harness::Failure> {
    let (url, server) = client::find_or_start("/delay-me")?;
    let unread = |why: String| harness::Failure::new(why, "name a server with --url");
    Ok((url.parse().map_err(unread)?, server))
}
