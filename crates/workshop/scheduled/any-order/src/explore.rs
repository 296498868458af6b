//! One order after another, and what came of each.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::log;
use crate::order::{Choice, Chooser, taken};
use crate::report::{End, Order, Report, Way};

/// What gives a program's result, in words.
pub(crate) type Program = Arc<dyn Fn() -> String + Send + Sync>;

/// How many orders are tried.
const ORDERS: u64 = 1_000;

/// So likely does a task go on at each point, in one order after another. Where it
/// seldom stops, an order is short to tell, and may be the one that matters.
const PATIENCE: [f64; 3] = [0.0, 0.7, 0.9];

/// A run of so many steps does not end.
const MOST_STEPS: usize = 5_000;

/// A task may need as much stack as in an ordinary thread; it is touched as it is used.
const STACK: usize = 1024 * 1024;

/// What a panic says beyond so many letters is cut.
const MOST_SAID: usize = 200;

/// So many ways to end are told apart.
const MOST_WAYS: usize = 20;

/// As long does it take at most, where each order takes long.
const TIME: Duration = Duration::from_secs(10);

/// Whatever did not end in an order is not freed either, so there is an end to it.
const MOST_UNENDED: u64 = 50;

/// The line of the program that has panicked last.
static PANICKED_AT: Mutex<Option<u32>> = Mutex::new(None);

/// Notes where it panics, and prints nothing: a thousand orders may panic.
fn note_panics() {
    panic::set_hook(Box::new(|panic| {
        let line = panic.location().map(Location::line);
        *PANICKED_AT.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }));
}

/// Tries as many orders as it is made for, the same ones at each call.
pub(crate) fn explore(program: &Program) -> Report {
    note_panics();
    let begun = Instant::now();
    let mut report = Report::default();
    for seed in 0..ORDERS {
        let patience = PATIENCE[seed as usize % PATIENCE.len()];
        report.add(one(program, Choice::ByLot(patience), seed));
        let unended = report.ways.iter().filter(|way| !matches!(way.end, End::Result(_)));
        if unended.map(|way| way.times).sum::<u64>() >= MOST_UNENDED || begun.elapsed() > TIME {
            break;
        }
    }
    report
}

/// Runs the program in this order alone.
pub(crate) fn follow(program: &Program, order: Order) -> Report {
    note_panics();
    let mut report = Report::default();
    let seed = order.seed;
    report.add(one(program, Choice::As(order), seed));
    report
}

impl Report {
    fn add(&mut self, one: Way) {
        let taken = taken();
        self.orders += 1;
        self.most_at_once = self.most_at_once.max(taken.most);
        self.strayed |= taken.strayed;
        let place = self.ways.iter().position(|way| way.end == one.end);
        if let Some(way) = place.map(|place| &mut self.ways[place]) {
            let times = way.times + 1;
            if one.order.changes() < way.order.changes() {
                *way = one;
            }
            way.times = times;
        } else if self.ways.len() < MOST_WAYS {
            self.ways.push(one);
        }
    }
}

/// Runs the program once; gives what came of it.
fn one(program: &Program, choice: Choice, seed: u64) -> Way {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MOST_STEPS);
    config.silence_warnings = true;
    config.stack_size = STACK;
    // What is right on the way out of a panic is nobody's question.
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    let result = Arc::new(Mutex::new(None));
    let (program, told) = (program.clone(), result.clone());
    log::begin();
    let runner = Runner::new(Chooser::new(choice, seed), config);
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            let result = program();
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        })
    }));
    let steps = log::end();
    let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    let end = match (ran, result) {
        (Ok(_), result) => End::Result(result.unwrap_or_default()),
        (Err(panic), _) => end_of(panic.as_ref()),
    };
    let order = Order { tasks: taken().tasks.clone(), seed };
    Way { end, times: 1, order, steps }
}

/// How it ended that it panicked, as this says.
fn end_of(panic: &(dyn Any + Send)) -> End {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    let line = PANICKED_AT.lock().unwrap_or_else(PoisonError::into_inner).take();
    // These two are the scheduler's own words.
    if said.starts_with("deadlock!") {
        End::Deadlock
    } else if said.starts_with("exceeded max_steps bound") {
        End::Endless(MOST_STEPS)
    } else {
        let said: String = said.chars().take(MOST_SAID).collect();
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        End::Panic(said + &place)
    }
}
