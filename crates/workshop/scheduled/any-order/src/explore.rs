//! One order after another, and what came of each.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::log;
use crate::order::{Choice, Chooser, Lot, taken};
use crate::report::{End, Order, Report, Way};

/// What gives a program's result, in words.
pub(crate) type Program = Arc<dyn Fn() -> String + Send + Sync>;

/// How many orders are tried.
const ORDERS: u64 = 1_000;

/// So likely does a task go on at each point, in one order after another. Where it
/// seldom stops, an order is short to tell, and may be the one that matters.
const PATIENCE: [f64; 4] = [0.0, 0.7, 0.9, 0.7];

/// In every fourth order, one after another of the first few tasks is passed over for so
/// many steps, from one of the first ones on: a program that looks a few times, and then
/// gives up, is found by that.
const PASSED_OVER_FOR: usize = 100;
const PASSED_OVER: usize = 6;
const PASSED_OVER_FROM: usize = 40;

/// How the order of this number is drawn.
fn lot(seed: u64) -> Lot {
    let (place, round) = (seed as usize % PATIENCE.len(), seed as usize / PATIENCE.len());
    let is_last = place + 1 == PATIENCE.len();
    let from = round / PASSED_OVER % PASSED_OVER_FROM;
    let passed_over = is_last.then_some((round % PASSED_OVER, (from, from + PASSED_OVER_FOR)));
    Lot { patience: PATIENCE[place], passed_over }
}

/// A run of so many steps does not end.
const MOST_STEPS: usize = 5_000;

/// A task may need as much stack as in an ordinary thread; it is touched as it is used.
const STACK: usize = 1024 * 1024;

/// What a panic says, or a result, beyond so many letters is cut.
const MOST_SAID: usize = 200;

/// Of so many ways to end, an order is kept.
const MOST_WAYS: usize = 8;

/// After so many steps in all, no more orders are tried. Time would be another bound, and
/// not the same each time.
const MOST_STEPS_IN_ALL: usize = 400_000;

/// Whatever did not end in an order is not freed either, so there is an end to it.
const MOST_UNENDED: u64 = 50;

/// How the run that is under way, or was the last, came to its end by a panic: the first
/// one tells, and others follow from it.
static PANICKED: Mutex<Option<End>> = Mutex::new(None);

fn panicked() -> MutexGuard<'static, Option<End>> {
    PANICKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes panics, and prints none: a thousand orders may panic.
fn note_panics() {
    panic::set_hook(Box::new(|panic| {
        if panicked().is_none() {
            let end = end_of(panic);
            *panicked() = Some(end);
            log::stop();
        }
    }));
}

/// How it ends that it panics like this.
fn end_of(panic: &PanicHookInfo<'_>) -> End {
    let payload = panic.payload();
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
    // These three are the scheduler's own words.
    if said.starts_with("deadlock! blocked tasks") {
        return End::Deadlock;
    } else if said.starts_with("exceeded max_steps bound") {
        return End::Endless(MOST_STEPS);
    } else if said.starts_with("deadlock! task") {
        let who = log::say("locks what it holds itself");
        return End::Panic(format!("{who} locked what it held itself, and would wait for ever"));
    }
    // The program's own files are told as they are from its folder, and no others.
    let place = panic.location().filter(|place| Path::new(place.file()).is_relative());
    let place = place.map(|place| format!(" (line {})", place.line())).unwrap_or_default();
    let who = log::say(&format!("panics{place}"));
    End::Panic(format!("{who} panicked: {}{place}", cut(said)))
}

fn cut(text: &str) -> String {
    let cut: String = text.chars().take(MOST_SAID).collect();
    if cut.len() < text.len() { cut + "…" } else { cut }
}

/// Tries as many orders as it is made for, the same ones at each call.
pub(crate) fn explore(program: &Program) -> Report {
    note_panics();
    let (mut report, mut steps, mut seeds) = (Report::default(), 0, 0..ORDERS);
    while !seeds.is_empty() && report.unended() < MOST_UNENDED && steps <= MOST_STEPS_IN_ALL {
        in_a_thread(|| {
            for seed in seeds.by_ref() {
                let one = one(program, Choice::ByLot(lot(seed)), seed);
                report.add(one);
                steps += taken().tasks.len();
                if thread::panicking()
                    || report.unended() >= MOST_UNENDED
                    || steps > MOST_STEPS_IN_ALL
                {
                    break;
                }
            }
        });
    }
    report
}

/// Runs the program in this order alone.
pub(crate) fn follow(program: &Program, order: Order) -> Report {
    note_panics();
    let mut report = Report::default();
    let seed = order.seed;
    in_a_thread(|| report.add(one(program, Choice::As(order), seed)));
    report
}

/// Does this in a thread of its own. Whoever panics while it holds something may not come to
/// the end of that, and its thread is taken for panicking from then on: only then does the
/// next order need another one. Each costs the time that a busy machine takes to let a
/// thread begin.
fn in_a_thread(run: impl FnOnce() + Send) {
    thread::scope(|scope| {
        if let Err(panic) = scope.spawn(run).join() {
            panic::resume_unwind(panic);
        }
    });
}

impl Way {
    /// Whether it came to its end, and left nothing behind.
    fn is_ended(&self) -> bool {
        matches!(self.end, End::Result(_))
    }
}

impl Report {
    /// In how many orders it did not come to its end.
    fn unended(&self) -> u64 {
        self.ways.iter().filter(|way| !way.is_ended()).map(|way| way.times).sum()
    }

    fn add(&mut self, mut one: Way) {
        let taken = taken();
        self.orders += 1;
        self.most_at_once = self.most_at_once.max(taken.most);
        self.strayed |= taken.strayed;
        let place = self.ways.iter().position(|way| way.end == one.end);
        if let Some(way) = place.map(|place| &mut self.ways[place]) {
            let times = way.times + 1;
            if !way.steps.is_empty() && one.order.changes() < way.order.changes() {
                *way = one;
            }
            way.times = times;
        } else {
            if self.ways.len() >= MOST_WAYS {
                // It is counted.
                (one.order, one.steps) = (Order::default(), Vec::new());
            }
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
    *panicked() = None;
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        Runner::new(Chooser::new(choice, seed), config).run(move || {
            let result = program();
            log::stop();
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        })
    }));
    let steps = log::end();
    let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    let end = match (ran, result) {
        (Ok(_), result) => End::Result(cut(&result.unwrap_or_default())),
        (Err(_), _) => panicked().take().unwrap_or(End::Panic("it panicked".to_owned())),
    };
    let order = Order { tasks: taken().tasks.clone(), seed };
    Way { end, times: 1, order, steps }
}
