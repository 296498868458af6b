//! What `wire-two-loops` stands on: event loops on threads of their own, and a server that
//! answers.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use harness::args;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use crate::Load;

/// What a client says here, and what it hears.
pub const PING: [u8; 4] = *b"PING";

/// So many requesters there are.
const REQUESTERS: usize = 7;

/// So many of them say PING, each on a connection of its own.
const CALLERS: usize = 4;

/// So many of those wait at the same time: one for the loop that is blocked, and one for
/// the other.
const AT_ONCE: usize = 2;

/// What a user can choose.
#[derive(Debug, Parser)]
#[command(
    name = "wire-two-loops",
    about = "Two event loops on two threads, and a main that has none"
)]
struct Options {
    #[command(flatten)]
    load: Load,

    /// How long one loop is blocked, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = args::seconds)]
    hold: f64,

    #[command(flatten)]
    shared: harness::Options,
}

impl Options {
    /// What happens here is always the same, and a part of it may happen more often.
    fn check(&self) -> Result<(), &'static str> {
        if self.load.commands() < CALLERS {
            return Err("--commands is 4 at least: each of the four who say PING says it once");
        }
        if self.load.connections() != CALLERS {
            return Err("--connections is always 4 here: one for each of those who say PING");
        }
        if self.load.in_flight() != AT_ONCE {
            return Err("--in-flight is always 2 here: one of those who say PING waits for \
                        the loop that is blocked, and one for the other");
        }
        Ok(())
    }
}

/// What one run is to do.
pub struct Plan {
    options: Options,
    /// Who answers, on a thread of its own.
    pub server: SocketAddr,
}

impl Plan {
    /// Reads the command line and starts the server. Ends the process with exit code 2 if
    /// an option is wrong, and with 1 if there can be no server.
    pub fn from_args() -> Self {
        let help = "Say PING this often, the four who do so together";
        let mut command = Options::command()
            .mut_arg("commands", |arg| arg.default_value("4").help(help))
            .mut_arg("connections", |arg| arg.default_value("4").help("One for each of the four"))
            .mut_arg("in_flight", |arg| {
                arg.default_value("2").help("How many of them wait at once")
            });
        let options: Options = args::read(&mut command);
        if let Err(why) = options.check() {
            args::refuse(&command.error(ErrorKind::ValueValidation, why));
        }
        let server = serve().map_err(Failure::from);
        let server = server.unwrap_or_else(|failure| harness::exit(&failure.into()));
        Self { options, server }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start("wire-two-loops", REQUESTERS, &self.options.shared)
    }

    /// How often each of the four who do so says PING, in their order.
    pub fn pings(&self) -> [usize; CALLERS] {
        let mut shares = self.options.load.shares_of(CALLERS);
        [(); CALLERS].map(|()| shares.next().unwrap_or_default())
    }

    /// How long a loop is blocked, at least.
    pub fn hold(&self) -> Duration {
        Duration::from_secs_f64(self.options.shared.sped_up(self.options.hold))
    }
}

/// An event loop on a thread of its own, which turns until it is stopped.
pub struct Loop {
    handle: Handle,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Loop {
    /// Starts the thread; both are called this.
    pub fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel());
        let turn = move || turn(&runtime, stopped);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(turn)?;
        Ok(Self { handle, stop, thread })
    }

    /// What reaches it from any other thread.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends it, and all that lives on it: its tasks, its timers, and that it hears of sockets.
    pub fn stop(self) {
        // A loop that panicked has ended already.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn turn(runtime: &Runtime, stopped: oneshot::Receiver<()>) {
    // Nobody can stop it any more either.
    let _ = runtime.block_on(stopped);
}

/// A server that says again what it is told, four bytes at a time: on threads, so that
/// it has no part in what happens to event loops.
fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::Builder::new().name("server".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // Where there is no thread for it, the client sees its connection end.
            let _ = thread::Builder::new().spawn(move || answer(stream));
        }
    })?;
    Ok(address)
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut word = PING;
    loop {
        stream.read_exact(&mut word)?;
        stream.write_all(&word)?;
    }
}

/// Why the two loops could not be shown.
#[derive(Debug)]
pub struct Failure(harness::Failure);

harness::failure_wrapper!(Failure);

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let cause = format!("a loop, its thread or its connection failed: {error}");
        harness::Failure::new(cause, "run it again when fewer programs run beside it").into()
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        io::Error::from(error).into()
    }
}
