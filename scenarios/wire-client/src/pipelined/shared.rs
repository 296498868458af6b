//! What the callers and the task share, under one lock.
//!
//! One lock and not two: who goes through the outbox in which order, whether the task
//! sleeps, and whether the client is closed have to be true at the same moment. It is held
//! for a few steps only, and nobody is woken while it is held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::exchange::{Exchange, Expects, Reply};
#[cfg(test)]
use super::schedules::{Fault, is_planted};
use super::slots::Key;
use super::subscription::Channels;
use crate::Error;
use crate::protocol::Value;

#[derive(Debug)]
pub(super) struct Shared(Mutex<State>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) exchange: Exchange,
    pub(super) channels: Channels,
    phase: Phase,
    /// There is one while the task sleeps and nobody has woken it: so a crowd of callers
    /// wakes it once.
    task: Option<Waker>,
    /// Who waits for the end.
    closers: Vec<Waker>,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// What was accepted is still answered.
    Closing,
    /// The last client is gone, and nobody is there to hear an answer.
    Deserted,
    /// The task has ended: this is what every command gets.
    Over(Error),
}

/// What the task has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// There is something to send.
    Send,
    /// Nothing, as long as the socket has nothing.
    Listen,
    /// It is over.
    End,
}

impl Shared {
    pub(super) fn new(in_flight: usize, messages: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            exchange: Exchange::new(in_flight),
            channels: Channels::new(messages),
            phase: Phase::Open,
            task: None,
            closers: Vec::new(),
        })))
    }

    /// Whoever panicked with it has left it whole: nothing that is called with it held
    /// belongs to anybody else.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        #[cfg(test)]
        super::schedules::let_others_have_it_first();
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command where the task finds it.
    pub(super) fn enter(
        &self,
        bytes: &[u8],
        expects: Expects,
        waker: &Waker,
    ) -> Result<Key, Error> {
        let mut state = self.lock();
        let key = state.enter(bytes, expects, waker)?;
        wake_after(state);
        Ok(key)
    }

    /// The reply, if it has come.
    pub(super) fn poll_reply(&self, key: Key, cx: &Context<'_>) -> Poll<Reply> {
        self.lock().exchange.poll(key, cx)
    }

    /// Whoever waited goes.
    pub(super) fn abandon(&self, key: Key) {
        let _ = self.lock().exchange.abandon(key);
    }

    /// From here on no command is accepted. Ready when all that were accepted have their
    /// replies and the connection has ended; an error if it ended before.
    pub(super) fn poll_close(&self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        let mut state = self.lock();
        if let Phase::Over(error) = &state.phase {
            let is_whole = *error == Error::Closed;
            return Poll::Ready(if is_whole { Ok(()) } else { Err(error.clone()) });
        }
        if matches!(state.phase, Phase::Open) {
            state.phase = Phase::Closing;
        }
        if !state.closers.iter().any(|it| it.will_wake(cx.waker())) {
            state.closers.push(cx.waker().clone());
        }
        wake_after(state);
        Poll::Pending
    }

    /// The last client is gone.
    pub(super) fn desert(&self) {
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Over(_)) {
            state.phase = Phase::Deserted;
        }
        wake_after(state);
    }

    /// The connection was lost, or none could be made. Everybody who waits is told, and
    /// every subscription ends. The error is told whether anything of a command may have
    /// gone out. Tells whether there may be a next command.
    pub(super) fn fail(&self, error: impl Fn(bool) -> Error) -> bool {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        state.fail(error, &mut wakers);
        let is_open = matches!(state.phase, Phase::Open);
        drop(state);
        wake_all(&mut wakers);
        is_open
    }

    /// The task ends, and nothing comes after this.
    pub(super) fn end(&self, error: Error) {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        state.fail(|may_have_run| error.clone().told(may_have_run), &mut wakers);
        wakers.append(&mut state.closers);
        state.phase = Phase::Over(error);
        state.task = None;
        drop(state);
        wake_all(&mut wakers);
    }
}

/// Lets go of the lock first: whoever is woken wants it.
pub(super) fn wake_after(mut state: MutexGuard<'_, State>) {
    let task = state.task.take();
    drop(state);
    #[cfg(test)]
    if is_planted(Fault::WakesNobody) {
        return;
    }
    if let Some(task) = task {
        task.wake();
    }
}

/// With the lock not held.
pub(super) fn wake_all(wakers: &mut Vec<Waker>) {
    for waker in wakers.drain(..) {
        waker.wake();
    }
}

impl State {
    /// As [`Shared::enter`], for whoever has more to do at the same moment.
    pub(super) fn enter(
        &mut self,
        bytes: &[u8],
        expects: Expects,
        waker: &Waker,
    ) -> Result<Key, Error> {
        match &self.phase {
            Phase::Open => Ok(self.exchange.enter(bytes, expects, waker)),
            Phase::Closing | Phase::Deserted => Err(Error::Closed),
            Phase::Over(error) => Err(error.clone()),
        }
    }

    /// Something whole has come from the server. Fails if nobody has asked for it.
    pub(super) fn receive(&mut self, value: Value, wakers: &mut Vec<Waker>) -> Result<(), Error> {
        match value {
            Value::Push(push) => match push.first().and_then(Value::as_text).map(|it| &it[..]) {
                Some(b"message") => self.channels.receive(&push, wakers),
                Some(b"subscribe" | b"unsubscribe") => wakers.extend(self.exchange.confirm(push)),
                // What else the server has to say is for nobody here.
                _ => {}
            },
            reply => match self.exchange.deliver(reply) {
                Ok(waker) => wakers.extend(waker),
                Err(_) => return Err(Error::lost("a reply came that nobody had asked for")),
            },
        }
        Ok(())
    }

    /// What is to be done. The task may sleep then if it has nothing else to do: it is
    /// woken by whoever changes that.
    pub(super) fn duty(&mut self, outgoing: &mut Vec<u8>, sleeper: Option<&Waker>) -> Duty {
        match self.phase {
            Phase::Deserted | Phase::Over(_) => return Duty::End,
            Phase::Closing if self.exchange.is_idle() => return Duty::End,
            Phase::Open | Phase::Closing => {}
        }
        self.exchange.let_in();
        if outgoing.is_empty() && self.exchange.take_outbox(outgoing) {
            return Duty::Send;
        }
        self.task = sleeper.cloned();
        Duty::Listen
    }

    /// The same while there is no connection: whether somebody wants one.
    pub(super) fn duty_without_connection(&mut self, sleeper: &Waker) -> Duty {
        match self.phase {
            Phase::Deserted | Phase::Over(_) => Duty::End,
            Phase::Closing if self.exchange.is_idle() => Duty::End,
            Phase::Open | Phase::Closing => {
                self.task = Some(sleeper.clone());
                if self.exchange.is_idle() { Duty::Listen } else { Duty::Send }
            }
        }
    }

    fn fail(&mut self, error: impl Fn(bool) -> Error, wakers: &mut Vec<Waker>) {
        self.channels.end(&error(false), wakers);
        self.exchange.fail(error, wakers);
    }

    /// Sends a command whose confirmation nobody waits for.
    pub(super) fn tell(&mut self, bytes: &[u8]) {
        if matches!(self.phase, Phase::Open | Phase::Closing) {
            self.exchange.enter_unawaited(bytes, Expects::Confirmation);
        }
    }
}
