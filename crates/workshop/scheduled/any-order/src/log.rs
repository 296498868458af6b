//! What is seen of a run: at each step, who took it, who could have, and what was said.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::report::Step;

/// Of one run that goes on without end, no more steps are kept, nor more that is said.
const MOST_STEPS: usize = 5_000;
const MOST_WORDS: usize = 1_000;

/// Of a crowd, so many are named at each step.
const MOST_NAMES: usize = 20;

/// What is said beyond so many letters at once is cut.
const MOST_LETTERS: usize = 120;

/// What the program itself is called, that spawns the tasks.
const MAIN: &str = "main";

/// A task with a name.
struct Lane {
    name: String,
    /// Its number; none before its first poll.
    task: Option<usize>,
    is_over: bool,
}

#[derive(Default)]
struct Log {
    lanes: Vec<Lane>,
    /// The tasks without a name that have had a turn.
    strangers: Vec<usize>,
    /// The task that takes the step under way.
    task: usize,
    steps: Vec<Step>,
    words: usize,
    /// What comes after its end is no step of the program's.
    is_over: bool,
}

static LOG: Mutex<Option<Log>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Log>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does this to the log, if there is one that is not over.
fn with(note: impl FnOnce(&mut Log)) {
    if let Some(log) = lock().as_mut().filter(|log| !log.is_over) {
        note(log);
    }
}

/// Begins a new one.
pub(crate) fn begin() {
    *lock() = Some(Log::default());
}

/// Ends it, and gives what is in it.
pub(crate) fn end() -> Vec<Step> {
    lock().take().map(|log| log.steps).unwrap_or_default()
}

/// Notes nothing more of this run.
pub(crate) fn stop() {
    with(|log| log.is_over = true);
}

/// The task of this number goes on; those of `ready` could have.
pub(crate) fn step(task: usize, ready: &[usize]) {
    with(|log| log.step(task, ready));
}

/// There is a task of this name, to be polled.
pub(crate) fn made(name: String) {
    with(|log| log.lanes.push(Lane { name, task: None, is_over: false }));
}

/// The task that takes this step has this name.
pub(crate) fn polled(name: &str) {
    with(|log| {
        let task = log.task;
        let Some(lane) = log.lane(name) else { return };
        lane.task = Some(task);
        log.strangers.retain(|it| *it != task);
        // The step began before it was known whose it is.
        if let Some(step) = log.steps.last_mut() {
            step.ready.retain(|it| it != name);
            step.who = name.to_owned();
        }
    });
}

/// The task of this name is done.
pub(crate) fn ended(name: &str) {
    with(|log| {
        log.lane(name).into_iter().for_each(|lane| lane.is_over = true);
        log.steps.last_mut().into_iter().for_each(|step| step.ended = true);
    });
}

/// The task of this name was dropped before it was done.
pub(crate) fn dropped(name: &str) {
    with(|log| {
        log.lane(name).into_iter().for_each(|lane| lane.is_over = true);
        log.say(format!("drops {name}"));
    });
}

/// Has the task that takes this step say something; gives its name.
pub(crate) fn say(text: &str) -> String {
    let mut who = "it".to_owned();
    with(|log| {
        log.say(text.to_owned());
        who = match log.steps.last() {
            Some(step) if step.who == MAIN => "the program".to_owned(),
            Some(step) => step.who.clone(),
            None => return,
        };
    });
    who
}

impl Log {
    fn step(&mut self, task: usize, ready: &[usize]) {
        self.task = task;
        if self.steps.len() >= MOST_STEPS {
            return;
        }
        // Who has not begun is there to begin.
        let is_ready = |lane: &&Lane| lane.task.is_none_or(|task| ready.contains(&task));
        let others = self.lanes.iter().filter(|lane| lane.task != Some(task) && !lane.is_over);
        let (can, cannot): (Vec<&Lane>, Vec<&Lane>) = others.partition(is_ready);
        let named = |lanes: Vec<&Lane>| -> Vec<String> {
            lanes.into_iter().take(MOST_NAMES).map(|lane| lane.name.clone()).collect()
        };
        // Of those without a name, nobody says whether they wait or have ended.
        let strangers = self.strangers.iter().filter(|it| **it != task && ready.contains(it));
        let strangers = strangers.take(MOST_NAMES).map(|task| stranger(*task));
        let (ready, waiting) = (named(can).into_iter().chain(strangers).collect(), named(cannot));
        let who = self.name_of(task);
        self.steps.push(Step { who, ready, waiting, said: Vec::new(), ended: false });
    }

    fn name_of(&mut self, task: usize) -> String {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.task == Some(task)) {
            return lane.name.clone();
        }
        if task == 0 {
            return MAIN.to_owned();
        }
        if !self.strangers.contains(&task) {
            self.strangers.push(task);
        }
        stranger(task)
    }

    fn lane(&mut self, name: &str) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.name == name)
    }

    fn say(&mut self, text: String) {
        self.words += 1;
        let step = self.steps.last_mut().filter(|_| self.words <= MOST_WORDS);
        if let Some(step) = step {
            let cut: String = text.chars().take(MOST_LETTERS).collect();
            step.said.push(if cut.len() < text.len() { cut + "…" } else { cut });
        }
    }
}

fn stranger(task: usize) -> String {
    format!("task {task}")
}

/// Follows what is said into the log.
pub(crate) struct Events;

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The scheduler and the modelled tokio tell of themselves, too.
        metadata.is_event()
            && !metadata.target().starts_with("shuttle")
            && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        with(|log| log.say(words.message + &words.fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
