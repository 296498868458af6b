//! What would happen if a reply went to another caller than the oldest who waits? Five
//! callers share a connection, each asks Redis to echo its own name, and R2 gives up. Three
//! rules say whose the next reply is.
//!
//! `cargo run -p wire-client --example swapped-replies -- FILE.svg`

mod picture;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use bytes::BytesMut;
use futures::future::join_all;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use wire_client::protocol::{Command, Decoder, Value};
use wire_client::{Distance, Error, Failure, Server};

/// So far away is Redis, there and back.
const ROUND_TRIP: Duration = Duration::from_millis(400);

/// So long after one caller the next one comes.
const APART: Duration = Duration::from_millis(50);

/// So long R2 waits.
const PATIENCE: Duration = Duration::from_millis(250);

const CALLERS: usize = 5;
const IMPATIENT: usize = 1;

/// Whose the next reply is.
#[derive(Debug, Clone, Copy)]
enum Rule {
    Oldest,
    Newest,
    OldestStillThere,
}

impl Rule {
    const ALL: [Self; 3] = [Self::Oldest, Self::Newest, Self::OldestStillThere];

    fn told(self) -> &'static str {
        match self {
            Self::Oldest => "the caller who has waited longest, given up or not",
            Self::Newest => "the caller who came last",
            Self::OldestStillThere => "the caller who has waited longest of those still there",
        }
    }
}

/// What became of a caller.
struct Called {
    /// Since the rule's run began.
    asked: Duration,
    ended: Duration,
    /// Whose reply it was given; none if it gave up.
    reply: Option<usize>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => harness::exit(&failure.into()),
    }
}

async fn run() -> Result<(), Failure> {
    let server = Server::find_or_start()?;
    let distance = Distance::start(server.address(), ROUND_TRIP)?;
    let mut runs = Vec::new();
    for rule in Rule::ALL {
        runs.push((rule.told(), call_all(&distance, rule).await?));
    }
    harness::print(table(&runs).trim_end())?;
    if let Some(file) = env::args().nth(1) {
        let cannot = |error| Failure::new(format!("{file}: {error}"), "name another file");
        fs::write(&file, picture::draw(&runs)).map_err(cannot)?;
    }
    Ok(())
}

async fn call_all(distance: &Distance, rule: Rule) -> Result<Vec<Called>, Failure> {
    let lost = |_| Failure::from(Error::Closed);
    let stream = TcpStream::connect(distance.address().host_and_port()).await.map_err(lost)?;
    let (replies, commands) = stream.into_split();
    let line = Line { rule, commands: commands.into(), waiting: RefCell::default() };
    let begun = Instant::now();
    let callers = (0..CALLERS).map(|number| line.caller(number, begun));
    let (reading, called) = tokio::join!(line.read(replies), join_all(callers));
    reading?;
    Ok(called)
}

/// A connection, and those who wait for a reply.
struct Line {
    rule: Rule,
    commands: RefCell<OwnedWriteHalf>,
    waiting: RefCell<VecDeque<oneshot::Sender<Value>>>,
}

impl Line {
    async fn caller(&self, number: usize, begun: Instant) -> Called {
        sleep(APART * u32::try_from(number).unwrap_or_default()).await;
        let asked = begun.elapsed();
        let patience = if number == IMPATIENT { PATIENCE } else { Duration::MAX };
        let reply = timeout(patience, self.call(number)).await.ok().flatten();
        Called { asked, ended: begun.elapsed(), reply: reply.as_ref().and_then(whose) }
    }

    async fn call(&self, number: usize) -> Option<Value> {
        let (sender, reply) = oneshot::channel();
        self.waiting.borrow_mut().push_back(sender);
        let command = Command::new("ECHO").arg(name(number));
        // Some forty bytes always fit into the socket.
        self.commands.borrow_mut().try_write(command.as_bytes()).ok()?;
        reply.await.ok()
    }

    /// Reads as many replies as there are callers, and gives each to one of them.
    async fn read(&self, mut replies: OwnedReadHalf) -> Result<(), Failure> {
        let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
        for _ in 0..CALLERS {
            let reply = loop {
                match decoder.decode(&mut buffer).map_err(Error::from)? {
                    Some(reply) => break reply,
                    None => {
                        let read = replies.read_buf(&mut buffer).await;
                        read.ok().filter(|read| *read > 0).ok_or(Error::Closed)?;
                    }
                }
            };
            // Whoever has given up does not take it, and then it is thrown away.
            let _ = self.next().and_then(|caller| caller.send(reply).ok());
        }
        // Those who were given none wait in vain: here it ends.
        self.waiting.borrow_mut().clear();
        Ok(())
    }

    fn next(&self) -> Option<oneshot::Sender<Value>> {
        let mut waiting = self.waiting.borrow_mut();
        match self.rule {
            Rule::Oldest => waiting.pop_front(),
            Rule::Newest => waiting.pop_back(),
            Rule::OldestStillThere => {
                waiting.retain(|caller| !caller.is_closed());
                waiting.pop_front()
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("R{}", number + 1)
}

/// Whose name was echoed.
fn whose(reply: &Value) -> Option<usize> {
    let Value::BulkString(echoed) = reply else { return None };
    (0..CALLERS).find(|number| name(*number).as_bytes() == &echoed[..])
}

fn table(runs: &[(&str, Vec<Called>)]) -> String {
    let mut table = String::new();
    for (rule, called) in runs {
        table += &format!("The next reply is for {rule}:\n");
        for (number, called) in called.iter().enumerate() {
            let end = match called.reply {
                Some(reply) if reply == number => "was given its own reply".to_owned(),
                Some(reply) => format!("was given the reply to {}", name(reply)),
                None if number == IMPATIENT => "gave up".to_owned(),
                None => "waited in vain".to_owned(),
            };
            table += &format!("  {} {end}\n", name(number));
        }
    }
    table
}
