//! What `wire-rest` asks for, over HTTP, and a small service that answers and counts its
//! connections.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use delay_server::client::{self, Hints, Unanswered};
use harness::args;
use harness::numbers::thousands;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tracing::{Span, info_span};

use crate::Load;

/// Enough that each requester calls again and again.
const USUAL_CALLS: &str = "120";

/// Each of them has a connection at a time, which is two sockets of this process.
const MOST_IN_FLIGHT: usize = 250;

const AT_ONCE: &str = "Calls under way at once, at most, each of which has a connection \
                       [default: one of each requester]";

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before taking connections again, where the system gave none.
const PAUSE: Duration = Duration::from_millis(10);

const HINTS: Hints = Hints {
    bad_request: "check --url",
    not_found: "check --url: it is a whole address, such as http://localhost:8000/customers/1",
    unavailable: "ask again later, or with a smaller --in-flight",
    timed_out: "look at what the server itself says",
    lost: "look at what the server itself says",
    failed: "check that an HTTP server answers there, and what it says itself",
};

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(name = "wire-rest", about = "Calls to a database that is asked over HTTP")]
struct Options {
    #[command(flatten)]
    load: Load,

    /// Make a new client for each call, and not one for all
    #[arg(long)]
    new_clients: bool,

    /// GET this [default: a counter of the run's own, which also counts its connections]
    #[arg(long, value_name = "URL", value_parser = url)]
    url: Option<Url>,

    #[command(flatten)]
    shared: harness::Options,
}

fn url(text: &str) -> Result<Url, String> {
    let wanted = "an address such as http://localhost:8000/customers/1 is wanted";
    let url = Url::parse(text).map_err(|error| format!("{error}; {wanted}"))?;
    // This build has no TLS, and a password would be shown.
    let is_plain = url.scheme() == "http" && url.username().is_empty() && url.password().is_none();
    if is_plain { Ok(url) } else { Err(wanted.to_owned()) }
}

/// What one run is to do, and all it needs for it.
pub struct Plan {
    options: Options,
    method: Method,
    url: Url,
    addresses: Vec<SocketAddr>,
    /// A client makes as many connections as it has calls under way, and has no limit of
    /// its own to that.
    places: Semaphore,
    service: Option<Service>,
}

/// The calls of one requester, which it makes one after the other.
pub struct Request {
    name: String,
    method: Method,
    url: Url,
    count: usize,
    left: usize,
    counts: bool,
    last: u64,
}

impl Plan {
    /// Reads the command line, and starts the service unless a URL is given. Ends the
    /// process if that cannot be: with exit code 2 when an option is wrong, else with 1.
    pub fn from_args() -> Self {
        let command = args::without_speed(Options::command());
        let calls = "Make this many calls, all requesters together";
        let mut command = command
            .mut_arg("commands", |arg| arg.default_value(USUAL_CALLS).help(calls))
            .mut_arg("connections", |arg| arg.default_value(None::<&str>).help(AT_ONCE));
        let options: Options = args::read(&mut command);
        options.load.check(&mut command);
        if options.load.in_flight() > MOST_IN_FLIGHT {
            let why = format!("--in-flight is {MOST_IN_FLIGHT} at most");
            args::refuse(&command.error(ErrorKind::ValueValidation, why));
        }
        Self::new(options).unwrap_or_else(|failure| harness::exit(&failure.into()))
    }

    fn new(options: Options) -> Result<Self, Failure> {
        let (method, url, service) = match &options.url {
            Some(url) => (Method::GET, url.clone(), None),
            None => {
                let service = Service::start()?;
                (Method::POST, service.url()?, Some(service))
            }
        };
        let host = url.host_str().unwrap_or_default();
        let addresses = client::look_up(host, url.port_or_known_default().unwrap_or(80))?;
        let places = Semaphore::new(options.load.connections());
        Ok(Self { options, method, url, addresses, places, service })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start("wire-rest", self.options.load.in_flight(), &self.options.shared)
    }

    /// Whether each call is to have a client of its own.
    pub fn has_new_clients(&self) -> bool {
        self.options.new_clients
    }

    /// A client: it keeps its connections, for the next call of whoever has it.
    pub fn client(&self) -> Result<Client, Failure> {
        let host = self.url.host_str().unwrap_or_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .resolve_to_addrs(host, &self.addresses)
            .build();
        client.map_err(Failure::from)
    }

    /// Waits until fewer requesters call than may do so at once. Dropped, it lets the next
    /// one begin.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        self.places.acquire().await.ok()
    }

    /// What each requester is to do, in their order.
    pub fn requests(&self) -> impl Iterator<Item = Request> {
        self.options.load.shares().zip(1..).map(|(count, number)| Request {
            name: format!("R{number}"),
            method: self.method.clone(),
            url: self.url.clone(),
            count,
            left: count,
            counts: self.service.is_some(),
            last: 0,
        })
    }

    /// How many connections there were, as the server counts them: none if it is not ours.
    pub fn told(&self) -> Option<String> {
        let made = self.service.as_ref()?.connections.load(Ordering::SeqCst);
        let s = if made == 1 { "" } else { "s" };
        let calls = thousands(self.options.load.commands() as u64);
        Some(format!("The server saw {} connection{s} for {calls} calls", thousands(made)))
    }
}

impl Request {
    /// The span that makes this requester a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.url.as_str())
    }

    /// What it does, such as `POST /counter 10 times`.
    pub fn asks(&self) -> String {
        let what = format!("{} {}", self.method, self.url.path());
        match self.count {
            1 => what,
            count => format!("{what} {} times", thousands(count as u64)),
        }
    }

    /// Whether there is one more call to make.
    pub fn goes_on(&self) -> bool {
        self.left > 0
    }

    /// The next call, by this client.
    pub fn call(&self, client: &Client) -> reqwest::RequestBuilder {
        client.request(self.method.clone(), self.url.clone())
    }

    /// Reads a reply to its end: only then its connection is free for the next call.
    pub async fn accept(&mut self, reply: reqwest::Response) -> Result<(), Failure> {
        client::check_head(reply.status(), reply.headers())?;
        let status = reply.status();
        let text = client::read(status.is_success(), reqwest::Body::from(reply), of_reqwest);
        let text = text.await?;
        if !status.is_success() {
            return Err(client::refused(status.as_u16(), &text, &HINTS).into());
        }
        if self.counts {
            let number = text.parse().ok().filter(|number| *number > self.last);
            let wrong = || {
                let cause = format!("the reply is '{text}', and the one before was {}", self.last);
                harness::Failure::new(cause, "a reply went to a wrong caller")
            };
            self.last = number.ok_or_else(wrong)?;
        }
        self.left -= 1;
        if self.left == 0 {
            harness::done();
        }
        Ok(())
    }

    /// What the replies were, in words.
    pub fn told(&self) -> String {
        match self.counts {
            true => format!("The last reply was {}", thousands(self.last)),
            false => "Every call was answered".to_owned(),
        }
    }
}

/// Why a call has no reply, and what to do about it.
#[derive(Debug)]
pub struct Failure(harness::Failure);

harness::failure_wrapper!(Failure);

impl From<Unanswered> for Failure {
    fn from(why: Unanswered) -> Self {
        if why == Unanswered::NobodyThere {
            let cause = format!("nobody answers at {}", harness::asked().unwrap_or_default());
            let hint = "start what is to answer there, such as cargo run --bin customers-async, or leave --url out";
            return harness::Failure::new(cause, hint).into();
        }
        why.failure(&HINTS).into()
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        of_reqwest(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        harness::Failure::no_more_threads(&error, "end other programs, or name a --url").into()
    }
}

fn of_reqwest(error: reqwest::Error) -> Unanswered {
    if error.is_timeout() { Unanswered::TimedOut } else { Unanswered::of(&error) }
}

/// A database of one counter that is asked over HTTP, on a thread of its own. It ends when
/// it is dropped.
struct Service {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicU64::new(0));
        let made = Arc::clone(&connections);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell_begun, begun) = blocking::channel();
        // The event loop is made and dropped there: on one that belongs to somebody else it
        // could not be.
        let serve = move || {
            let serving = || -> io::Result<_> {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let _entered = runtime.enter();
                let listener = Counting { listener: TcpListener::from_std(listener)?, made };
                Ok((runtime, listener))
            };
            // Whoever starts it waits for this.
            match serving() {
                Err(error) => drop(tell_begun.send(Err(error))),
                Ok((runtime, listener)) => {
                    let _ = tell_begun.send(Ok(()));
                    runtime.block_on(async {
                        tokio::select! {
                            // It serves for ever.
                            _ = axum::serve(listener, router()) => {}
                            _ = stopped => {}
                        }
                    });
                }
            }
        };
        let thread = thread::Builder::new().name("service".to_owned()).spawn(serve)?;
        begun.recv().unwrap_or_else(|error| Err(io::Error::other(error)))?;
        Ok(Self { address, connections, stop: Some(stop), thread: Some(thread) })
    }

    fn url(&self) -> Result<Url, Failure> {
        let url = format!("http://{}/counter", self.address);
        url.parse().map_err(|error| {
            let cause = format!("'{url}' is no address: {error}");
            harness::Failure::new(cause, "name a --url").into()
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // If it panicked, its clients have seen that.
            let _ = thread.join();
        }
    }
}

fn router() -> Router {
    let add = async |State(counter): State<Arc<AtomicU64>>| {
        (counter.fetch_add(1, Ordering::Relaxed) + 1).to_string()
    };
    Router::new().route("/counter", post(add)).with_state(Arc::default())
}

/// Counts the connections that it takes.
struct Counting {
    listener: TcpListener,
    made: Arc<AtomicU64>,
}

impl axum::serve::Listener for Counting {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, client)) => {
                    // An answer is one write: there is nothing to wait for.
                    let _ = stream.set_nodelay(true);
                    self.made.fetch_add(1, Ordering::SeqCst);
                    return (stream, client);
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
