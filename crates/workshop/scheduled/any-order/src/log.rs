//! What is seen of a run: at each step, who took it, who could have, and what was said.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::report::Step;

/// Of one run that goes on without end, no more steps are kept.
const MOST_STEPS: usize = 5_000;

/// What is said beyond so many letters at once is cut.
const MOST_SAID: usize = 120;

/// A requester, from its span.
struct Lane {
    name: String,
    /// The task that it was in at last; none before its first poll.
    task: Option<usize>,
    handles: usize,
}

#[derive(Default)]
struct Log {
    lanes: BTreeMap<u64, Lane>,
    spans: u64,
    /// The task that takes the step under way.
    task: usize,
    steps: Vec<Step>,
}

static LOG: Mutex<Option<Log>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Log>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a new one.
pub(crate) fn begin() {
    *lock() = Some(Log::default());
}

/// Ends it, and gives what is in it.
pub(crate) fn end() -> Vec<Step> {
    lock().take().map(|log| log.steps).unwrap_or_default()
}

/// The task of this number goes on; those of `ready` could have.
pub(crate) fn step(task: usize, ready: Vec<usize>) {
    if let Some(log) = lock().as_mut() {
        log.step(task, &ready);
    }
}

impl Log {
    fn step(&mut self, task: usize, ready: &[usize]) {
        self.task = task;
        if self.steps.len() >= MOST_STEPS {
            return;
        }
        let others = || self.lanes.values().filter(|lane| lane.task != Some(task));
        let named = |is: &dyn Fn(usize) -> bool| {
            let lanes = others().filter(|lane| lane.task.is_some_and(is));
            lanes.map(|lane| lane.name.clone()).collect()
        };
        let step = Step {
            who: self.name_of(task),
            ready: named(&|task| ready.contains(&task)),
            waiting: named(&|task| !ready.contains(&task)),
            said: Vec::new(),
            ended: false,
        };
        self.steps.push(step);
    }

    fn name_of(&self, task: usize) -> String {
        let lane = self.lanes.values().find(|lane| lane.task == Some(task));
        match (lane, task) {
            (Some(lane), _) => lane.name.clone(),
            (None, 0) => "main".to_owned(),
            (None, task) => format!("task {task}"),
        }
    }

    fn enter(&mut self, span: u64) {
        let Some(lane) = self.lanes.get_mut(&span) else { return };
        lane.task = Some(self.task);
        // The step began before it was known whose it is.
        let name = lane.name.clone();
        if let Some(step) = self.steps.last_mut() {
            step.who = name;
        }
    }

    fn close(&mut self, span: u64) {
        let Some(lane) = self.lanes.get_mut(&span) else { return };
        lane.handles -= 1;
        if lane.handles == 0 {
            let ended = self.lanes.remove(&span).is_some_and(|it| it.task == Some(self.task));
            if let Some(step) = self.steps.last_mut() {
                step.ended |= ended;
            }
        }
    }
}

/// Follows requesters, and what is said, into the log.
pub(crate) struct Lanes;

impl Subscriber for Lanes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The scheduler and the modelled tokio tell of themselves, too.
        !metadata.target().starts_with("shuttle") && *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut name = Words::default();
        attributes.record(&mut name);
        let mut log = lock();
        let Some(log) = log.as_mut() else { return Id::from_u64(u64::MAX) };
        log.spans += 1;
        if attributes.metadata().name() == "requester" {
            let lane = Lane { name: name.0, task: None, handles: 1 };
            log.lanes.insert(log.spans, lane);
        }
        Id::from_u64(log.spans)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        if let Some(step) = lock().as_mut().and_then(|log| log.steps.last_mut()) {
            step.said.push(words.0);
        }
    }

    fn enter(&self, span: &Id) {
        if let Some(log) = lock().as_mut() {
            log.enter(span.into_u64());
        }
    }

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(lane) = lock().as_mut().and_then(|log| log.lanes.get_mut(&span.into_u64())) {
            lane.handles += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        if let Some(log) = lock().as_mut() {
            log.close(span.into_u64());
        }
        false
    }
}

/// A requester's name, or what an event says.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if ["message", "name"].contains(&field.name()) {
            let _ = write!(self.0, "{value:?}");
            self.0 = self.0.chars().take(MOST_SAID).collect();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
