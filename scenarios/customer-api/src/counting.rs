//! Those who look customers up and count it, and what they did with the counter.

use std::cell::RefCell;
use std::rc::Rc;

use clap::{CommandFactory, Parser};
use database::asynchronous::Connection;
use database::{Database, Error};
use harness::{Failure, Run, args};
use tracing::{Span, info, info_span};

use crate::Order;
use crate::contents::PURCHASES;
use crate::plan::{failure, filled};

/// What it is called.
const PROGRAM: &str = "customers-counter";

/// How many count at a time.
const COUNTERS: i64 = 4;

/// Look-ups that share a counter without a lock, and twice: right and wrong
#[derive(Debug, Parser)]
#[command(after_help = Database::help("a file that the first run fills"))]
struct Options {
    #[command(flatten)]
    shared: harness::Options,
}

/// What is looked up, and where.
pub struct Counting {
    options: Options,
    database: Database,
}

impl Counting {
    /// Reads the command line and `DATABASE_URL`, and fills the database if that has not
    /// been done yet.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// else with 1.
    pub fn from_args() -> Self {
        let options: Options = args::read(&mut args::without_speed(Options::command()));
        let database =
            filled(PURCHASES).unwrap_or_else(|error| harness::exit(&failure(PROGRAM, &error)));
        Self { options, database }
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> Run {
        harness::start(PROGRAM, 2 * COUNTERS as usize, &self.options.shared)
    }

    /// Some who look a customer up, with ids from this one, and each on a connection of
    /// its own. The first one wants a report, which takes much longer than the others.
    pub async fn askers(&self, first: i64) -> Result<Askers, Failure> {
        let log = Log::default();
        let mut askers = Vec::new();
        for id in first..first + COUNTERS {
            let order = if id == first { Order::Report { id } } else { Order::Find { id } };
            let connection =
                self.database.connect_async().await.map_err(|why| failure(PROGRAM, &why))?;
            askers.push(Asker { order, connection, log: log.clone() });
        }
        Ok(Askers { askers: askers.into_iter(), log })
    }
}

/// Who they are.
pub struct Askers {
    askers: std::vec::IntoIter<Asker>,
    log: Log,
}

impl Askers {
    /// What they will have done with a counter.
    pub fn log(&self) -> Log {
        self.log.clone()
    }
}

impl Iterator for Askers {
    type Item = Asker;

    fn next(&mut self) -> Option<Asker> {
        self.askers.next()
    }
}

/// Who looks a customer up.
pub struct Asker {
    order: Order,
    connection: Connection,
    log: Log,
}

/// Who has read a counter and written to it, in the order in which they did.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<Step>>>);

/// What one did with a counter.
struct Step {
    who: String,
    wrote: bool,
}

impl Asker {
    /// The span that makes it a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name())
    }

    fn name(&self) -> String {
        match &self.order {
            Order::Report { id } => format!("report {id}"),
            Order::Find { id } => format!("find {id}"),
            other => other.to_string(),
        }
    }

    /// Looks the customer up, and gives the thread back until the database answers.
    pub async fn look_up(&mut self) -> Result<(), Failure> {
        info!("{}", self.order);
        let answer = self.order.carry_out(&mut self.connection).await;
        answer.map(drop).map_err(|why| failure(PROGRAM, &why))
    }

    /// Says what the counter said.
    pub fn has_read(&self, count: u32) {
        info!("Read {count}");
        self.note(false);
    }

    /// Says what the counter says now.
    pub fn has_written(&self, count: u32) {
        info!("Wrote {count}");
        self.note(true);
    }

    fn note(&self, wrote: bool) {
        self.log.0.borrow_mut().push(Step { who: self.name(), wrote });
    }

    /// Ends its connection, and its lane.
    pub async fn leave(self) -> Result<(), Failure> {
        let closed: Result<(), Error> = self.connection.close().await;
        closed.map_err(|why| failure(PROGRAM, &why))?;
        harness::done();
        Ok(())
    }
}

impl Log {
    /// What the counter says in the end, and who wrote to it while another was between
    /// reading and writing.
    pub fn told(&self, count: u32) -> [String; 2] {
        let steps = self.0.borrow();
        let look_ups = steps.iter().filter(|step| step.wrote).count();
        let says = format!("{look_ups} look-ups, and the counter says {count}.");
        [says, who_came_between(&steps)]
    }
}

fn who_came_between(steps: &[Step]) -> String {
    let nobody = "Nobody wrote between another's reading and writing.".to_owned();
    let all =
        steps.iter().enumerate().filter(|(_, step)| !step.wrote).filter_map(|(at, reader)| {
            let after = &steps[at + 1..];
            // One whose look-up failed has not written.
            let between = &after[..after.iter().position(|step| step.who == reader.who)?];
            let mut writers: Vec<&str> =
                between.iter().filter(|step| step.wrote).map(|step| step.who.as_str()).collect();
            writers.sort_unstable();
            Some((reader.who.as_str(), writers))
        });
    let Some((reader, writers)) = all.max_by_key(|(_, writers)| writers.len()) else {
        return nobody;
    };
    match writers.split_last() {
        None => nobody,
        Some((one, [])) => format!("Between {reader}'s reading and writing, {one} wrote."),
        Some((last, others)) => {
            let others = others.join(", ");
            format!("Between {reader}'s reading and writing, {others} and {last} wrote.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }

    fn between(steps: &[(&str, char)]) -> String {
        let step = |(who, did): &(&str, char)| Step { who: (*who).to_owned(), wrote: *did == 'w' };
        who_came_between(&steps.iter().map(step).collect::<Vec<_>>())
    }

    #[test]
    fn who_wrote_between_reading_and_writing_of_another_is_named() {
        let nobody = "Nobody wrote between another's reading and writing.";
        assert_eq!(between(&[]), nobody);
        assert_eq!(between(&[("b", 'r'), ("b", 'w'), ("a", 'r'), ("a", 'w')]), nobody);
        assert_eq!(between(&[("a", 'r'), ("b", 'r'), ("a", 'w')]), nobody);
        let nested = [("a", 'r'), ("c", 'r'), ("b", 'r'), ("c", 'w'), ("b", 'w'), ("a", 'w')];
        assert_eq!(between(&nested), "Between a's reading and writing, b and c wrote.");
        let crossed = [("a", 'r'), ("b", 'r'), ("a", 'w'), ("b", 'w')];
        assert_eq!(between(&crossed), "Between b's reading and writing, a wrote.");
    }
}
