//! An executor in full: a queue of tasks that are ready, wakers that put tasks
//! into it, and a loop that polls what is ready, on one thread, and sleeps when
//! nothing is. Timers and sockets, which call the wakers, are in files of their own.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use harness::LOOP;
use tracing::info;

use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, ThreadId, thread};
use crate::{Reactor, Stopped, Timers, telling};

#[cfg(all(test, feature = "loom"))]
mod model;

/// Runs tasks on the thread that made it.
pub struct Executor<'a, T> {
    timers: &'a Timers,
    reactor: &'a Reactor,
    ready: Arc<ReadyQueue>,
    tasks: BTreeMap<usize, Task<'a, T>>,
    spawned: usize,
}

/// A future that is to be polled to its end, and what wakes it.
struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    waker: Arc<TaskWaker>,
}

impl<'a, T> Executor<'a, T> {
    /// An executor without tasks.
    pub fn new(timers: &'a Timers, reactor: &'a Reactor) -> Self {
        let (executor, alarm) = (thread::current().id(), reactor.alarm());
        let ready = Arc::new(ReadyQueue { ids: Mutex::default(), executor, alarm });
        Self { timers, reactor, ready, tasks: BTreeMap::new(), spawned: 0 }
    }

    /// Makes a task of the future. It is ready, and not polled before [`run`](Self::run).
    pub fn spawn(&mut self, name: &str, future: impl Future<Output = T> + 'a) {
        let (id, name, ready) = (self.spawned, name.to_owned(), self.ready.clone());
        let waker = Arc::new(TaskWaker { id, name, queued: AtomicBool::new(true), ready });
        self.tasks.insert(id, Task { future: Box::pin(future), waker });
        self.ready.push(id);
        self.spawned += 1;
    }

    /// Polls until every task is done. Gives their outputs, first done first.
    /// Fails if the tasks that are left can never be woken.
    pub fn run(mut self) -> Result<Vec<T>, Stopped> {
        let mut outputs = Vec::new();
        loop {
            for id in self.ready.take() {
                outputs.extend(self.poll(id));
            }
            if self.tasks.is_empty() {
                return Ok(outputs);
            }
            self.wait()?;
        }
    }

    /// Polls one task; gives its output if it is done.
    fn poll(&mut self, id: usize) -> Option<T> {
        // Wakers may outlive their task. Who is done is not polled again.
        let task = self.tasks.get_mut(&id)?;
        let name = &task.waker.name;
        info!(target: LOOP, "poll {name}");
        // From here on a call of the waker means: poll once more. What its callers
        // did before their call is seen by this poll: hence Acquire, and a swap.
        task.waker.queued.swap(false, Ordering::Acquire);
        let waker = Waker::from(task.waker.clone());
        let polled = task.future.as_mut().poll(&mut Context::from_waker(&waker));
        let waits = telling::waits();
        if let Poll::Ready(output) = polled {
            info!(target: LOOP, "{name} is done");
            self.tasks.remove(&id);
            return Some(output);
        }
        info!(target: LOOP, "{name} waits{waits}");
        None
    }

    /// Sleeps until a timer is due, a socket is ready, or a waker is called.
    fn wait(&self) -> Result<(), Stopped> {
        // Whoever is to wake a task holds its waker, as the task itself does.
        // Look at the queue afterwards: a waker that is gone may have filled it.
        let lost = self.tasks.values().all(|task| Arc::strong_count(&task.waker) == 1);
        let mut longest = self.timers.until_next();
        if !self.ready.ids().is_empty() {
            // Somebody is ready already: only look whether others are too.
            longest = Some(Duration::ZERO);
        } else if lost {
            let names = self.tasks.values().map(|task| task.waker.name.clone());
            return Err(Stopped::NobodyWakes(names.collect()));
        } else {
            info!(target: LOOP, "nothing ready: {}", telling::sleep(longest, self.reactor));
        }
        self.reactor.wait(longest)?;
        self.timers.wake_due();
        Ok(())
    }
}

/// Wakes one task, from whatever thread: puts it into the queue.
struct TaskWaker {
    id: usize,
    name: String,
    /// Whether it is in the queue: once is enough.
    queued: AtomicBool,
    ready: Arc<ReadyQueue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            info!(target: LOOP, "{} woken", self.name);
            self.ready.push(self.id);
        }
    }
}

/// The tasks that are to be polled, first come first served.
struct ReadyQueue {
    ids: Mutex<VecDeque<usize>>,
    executor: ThreadId,
    alarm: Arc<mio::Waker>,
}

impl ReadyQueue {
    fn push(&self, id: usize) {
        self.ids().push_back(id);
        // Who calls from the executor's own thread finds it awake.
        if thread::current().id() != self.executor {
            self.alarm.wake().expect("the reactor can be woken as long as it is there");
        }
    }

    fn take(&self) -> VecDeque<usize> {
        std::mem::take(&mut self.ids())
    }

    fn ids(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
