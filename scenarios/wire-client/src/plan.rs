//! The WHAT of the programs: which commands are sent, and where the database comes from.
//! The HOW is one file for each program in `src/bin`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crate::one_at_a_time::PATIENCE;
use crate::options::Options;
use crate::protocol::Command;
use crate::request::Counted;
use crate::{Address, Distance, Error, Failure, Program, Request, Server, blocking};

/// For how long a counter stays in the database if nobody comes to remove it, in seconds:
/// longer than a run takes.
const KEPT: u32 = 24 * 60 * 60;

/// For how long the database is asked to remove it. Where that has stopped replying, it has
/// kept the run waiting already, and the counter goes by itself.
const FAREWELL: Duration = Duration::from_secs(2);

/// What one run is to do, and all it needs for it.
pub struct Plan {
    program: Program,
    options: Options,
    counted: Arc<Counted>,
    // These end in this order.
    distance: Option<Distance>,
    counter: Counter,
    server: Server,
}

impl Plan {
    /// Reads the command line and `REDIS_URL`, and starts a Redis if none is named. A
    /// note says which Redis it is.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is
    /// wrong, else with 1. With `--prepare` it ends here, with exit code 0: a run brings
    /// all that it needs, so nothing is to be made ready before one.
    pub fn from_args(program: Program) -> Self {
        let options = Options::read(&program);
        if options.shared.prepare {
            // The other server is never another's.
            let given = if program == Program::BINARY { Ok(()) } else { Server::check_given() };
            if let Err(failure) = given {
                harness::exit(&failure.into());
            }
            // It goes no further than to tell what a run would be.
            drop(begin(program, &options));
        }
        Self::new(program, options).unwrap_or_else(|failure| harness::exit(&failure.into()))
    }

    fn new(program: Program, options: Options) -> Result<Self, Failure> {
        let speaks_binary = program == Program::BINARY;
        let server = if speaks_binary { Server::start_binary() } else { Server::find_or_start() }?;
        harness::note(&server.told());
        // The other server has no number before one is increased.
        let counter = if speaks_binary { Counter::new() } else { Counter::begin(&server)? };
        let distance = match options.round_trip() {
            Duration::ZERO => None,
            far => Some(Distance::start(server.address(), far)?),
        };
        let counted = Arc::new(Counted::new(options.load.commands()));
        Ok(Self { program, options, counted, distance, counter, server })
    }

    /// What has been made ready before the clock starts, such as connections.
    ///
    /// Ends the process with exit code 1 if it could not be made.
    pub fn ready<T, E: Into<Failure>>(&self, made: Result<T, E>) -> T {
        made.unwrap_or_else(|error| {
            // Nothing is dropped by an exit.
            self.counter.leftover.iter().for_each(|it| it.remove());
            harness::exit(&error.into().into())
        })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        let run = begin(self.program, &self.options);
        let leftover = self.counter.leftover.clone();
        run.when_interrupted(move || leftover.iter().for_each(|it| it.remove()));
        run
    }

    /// Where clients are to connect to: far away, or to the database itself.
    pub fn address(&self) -> &Address {
        self.distance.as_ref().map_or_else(|| self.server.address(), Distance::address)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// How long a command may take.
    pub fn patience(&self) -> Duration {
        PATIENCE
    }

    /// How many connections they share.
    pub fn connections(&self) -> usize {
        self.options.load.connections()
    }

    /// How many commands can be on their way at once, at most: one of each requester.
    pub fn in_flight(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.options.load.in_flight()).unwrap_or(NonZeroUsize::MIN)
    }

    /// What each requester is to do, in their order.
    pub fn requests(&self) -> impl Iterator<Item = Request> {
        let server = self.program.server();
        self.options.load.shares().zip(1..).map(move |(count, number)| {
            Request::new(number, &self.counter.key, count, server, Arc::clone(&self.counted))
        })
    }
}

fn begin(program: Program, options: &Options) -> harness::Run {
    let Options { load, shared, .. } = options;
    let (name, requesters) = (program.name, load.in_flight());
    let rounds = u32::try_from(load.rounds(program.one_on_each)).unwrap_or(u32::MAX);
    match options.round_trip().saturating_mul(rounds) {
        // Whatever it takes then, no delay was asked for.
        Duration::ZERO => harness::start(name, requesters, shared),
        ideal => harness::start_with_ideal(name, requesters, ideal, shared),
    }
}

/// What the commands of a run count up.
struct Counter {
    key: String,
    leftover: Option<Arc<Leftover>>,
}

impl Counter {
    fn new() -> Self {
        Self { key: format!("wire-client:{:016x}", fastrand::u64(..)), leftover: None }
    }

    /// One that is 0, and stays for a day: a run that is killed cannot remove it.
    fn begin(server: &Server) -> Result<Self, Failure> {
        let mut counter = Self::new();
        let (address, key) = (server.address().clone(), counter.key.clone());
        let mut client = blocking::Client::connect(&address)?;
        client.call(&Command::new("SET").arg(&key).arg("0").arg("EX").int(KEPT))?;
        client.close();
        counter.leftover = server.is_given().then(|| Arc::new(Leftover { address, key }));
        Ok(counter)
    }
}

/// A counter in a database that goes on after the run, where it is of no use to anybody.
struct Leftover {
    address: Address,
    key: String,
}

impl Leftover {
    fn remove(&self) {
        // If the database is gone by now, that is no matter of this run's.
        let _ = remove(&self.address, &self.key);
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        self.remove();
    }
}

fn remove(address: &Address, key: &str) -> Result<(), Error> {
    let mut client = blocking::Client::connect_within(address, FAREWELL)?;
    client.call(&Command::new("DEL").arg(key))?;
    client.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_database_that_says_nothing_more_keeps_nobody_at_the_end() {
        // The system connects, and nobody takes it.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::new("127.0.0.1", listener.local_addr().unwrap().port());
        let Err(Error::Lost { reason, .. }) = remove(&address, "key") else {
            panic!("nobody answers")
        };
        assert_eq!(reason, "no complete reply came in 2 s");
    }
}
