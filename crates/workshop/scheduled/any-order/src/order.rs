//! Which task goes on, at each point where another one could.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use crate::log;
use crate::report::Order;

/// How the next task is chosen.
pub(crate) enum Choice {
    /// By lot.
    ByLot(Lot),
    /// As it was written down, as far as that goes.
    As(Order),
}

/// What a lot is drawn by.
#[derive(Clone, Copy)]
pub(crate) struct Lot {
    /// With this probability, the one that has just run goes on if it can.
    pub(crate) patience: f64,
    /// One that has no turn during these steps, as long as another one can go on.
    pub(crate) passed_over: Option<(usize, (usize, usize))>,
}

/// The order of the run that is under way, or was the last.
static TAKEN: Mutex<Taken> = Mutex::new(Taken { tasks: Vec::new(), strayed: false, most: 0 });

/// What was chosen.
pub(crate) struct Taken {
    pub(crate) tasks: Vec<usize>,
    /// It could not always go on as it was written down.
    pub(crate) strayed: bool,
    /// How many tasks that were spawned could have run at the same time.
    pub(crate) most: usize,
}

pub(crate) fn taken() -> MutexGuard<'static, Taken> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Chooses for one run.
pub(crate) struct Chooser {
    choice: Choice,
    lot: fastrand::Rng,
    is_over: bool,
}

impl Chooser {
    pub(crate) fn new(choice: Choice, seed: u64) -> Self {
        *taken() = Taken { tasks: Vec::new(), strayed: false, most: 0 };
        Self { choice, lot: fastrand::Rng::with_seed(seed), is_over: false }
    }
}

impl Scheduler for Chooser {
    fn new_execution(&mut self) -> Option<Schedule> {
        let is_over = std::mem::replace(&mut self.is_over, true);
        (!is_over).then(|| Schedule::new(0))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let mut taken = taken();
        let ids: Vec<TaskId> = runnable.iter().map(|task| task.id()).collect();
        let stays = current.filter(|current| ids.contains(current) && !is_yielding);
        let next = match &self.choice {
            Choice::ByLot(lot) => {
                let is_passed_over = |id: &TaskId| {
                    lot.passed_over.is_some_and(|(task, (from, to))| {
                        TaskId::from(task) == *id && (from..to).contains(&taken.tasks.len())
                    })
                };
                let mut others = ids.clone();
                others.retain(|id| !is_passed_over(id));
                let among = if others.is_empty() { &ids } else { &others };
                stays
                    .filter(|stays| among.contains(stays) && self.lot.f64() < lot.patience)
                    .or_else(|| self.lot.choice(among).copied())
            }
            Choice::As(order) => {
                let next = order.tasks.get(taken.tasks.len()).map(|task| TaskId::from(*task));
                let next = next.filter(|next| ids.contains(next));
                taken.strayed |= next.is_none();
                next.or(stays).or(ids.first().copied())
            }
        }?;
        let ids: Vec<usize> = ids.into_iter().map(usize::from).collect();
        taken.most = taken.most.max(ids.iter().filter(|id| **id > 0).count());
        taken.tasks.push(next.into());
        log::step(next.into(), &ids);
        Some(next)
    }

    fn next_u64(&mut self) -> u64 {
        self.lot.u64(..)
    }
}
