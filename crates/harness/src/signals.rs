//! The signals that ask a program to end: Ctrl-C, and on Unix also SIGTERM and
//! SIGHUP.
//!
//! A signal that is listened to no longer ends the program by itself: that is
//! up to the program then, and [`on_first`] sees to it that a second one does.

#[cfg(unix)]
use std::fs;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::thread::Builder;
use std::{mem, process};

use tokio::runtime;
#[cfg(unix)]
use tokio::signal::unix::Signal as Listener;
#[cfg(windows)]
use tokio::signal::windows::CtrlC as Listener;

/// A signal that asks a program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C; on Unix, SIGINT.
    Interrupt,
    /// SIGTERM, by which one program asks another. Never comes on Windows.
    Terminate,
    /// SIGHUP: the terminal has gone. Never comes on Windows. On Linux, it does not come
    /// to a program that `nohup` has started either: that one is to go on.
    Hangup,
}

impl Signal {
    /// The exit code that tells of it: by convention, 128 and its number on Unix.
    pub fn exit_code(self) -> u8 {
        128 + match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// The signals that a program listens to, as they come.
#[derive(Debug)]
pub struct Signals(Vec<(Signal, Listener)>);

impl Signals {
    /// Listens to these, and to no others. From here on they no longer end the
    /// program by themselves.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    pub fn listen(signals: &[Signal]) -> io::Result<Self> {
        let mut listeners = Vec::new();
        for signal in signals {
            listeners.extend(listener(*signal)?.map(|listener| (*signal, listener)));
        }
        Ok(Self(listeners))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let come = self.0.iter_mut().find_map(|(signal, listener)| {
                listener.poll_recv(context).is_ready().then_some(*signal)
            });
            come.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(unix)]
fn listener(signal: Signal) -> io::Result<Option<Listener>> {
    use tokio::signal::unix::SignalKind;
    let kind = match signal {
        Signal::Interrupt => SignalKind::interrupt(),
        Signal::Terminate => SignalKind::terminate(),
        Signal::Hangup if is_hangup_ignored() => return Ok(None),
        Signal::Hangup => SignalKind::hangup(),
    };
    tokio::signal::unix::signal(kind).map(Some)
}

/// As Linux tells it: signal 1 is the lowest bit of a set in hexadecimal digits.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    set.is_some_and(|set| set & 1 != 0)
}

#[cfg(windows)]
fn listener(signal: Signal) -> io::Result<Option<Listener>> {
    match signal {
        Signal::Interrupt => tokio::signal::windows::ctrl_c().map(Some),
        Signal::Terminate | Signal::Hangup => Ok(None),
    }
}

/// Hands the first of these signals to `act`, on a thread of its own: the other
/// threads may be inside of blocking calls. It listens before it returns.
///
/// Whoever waits for the end gets it. If `act` panics, the process ends with the
/// signal's exit code; if it takes too long, a second signal ends the process at
/// once, with the code of that one. If `act` returns, the process goes on.
///
/// # Errors
///
/// When the system gives no threads or does not let it listen.
pub fn on_first(
    signals: &'static [Signal],
    act: impl FnOnce(Signal) + Send + 'static,
) -> io::Result<()> {
    on_first_for_now(signals, act).map(mem::forget)
}

/// The same, but only until what this gives is dropped. A signal that comes afterwards is
/// for those who listen besides, and so is one at which `act` returns afterwards. It
/// ends the process with its exit code where nobody does.
///
/// # Errors
///
/// When the system gives no threads or does not let it listen.
pub fn on_first_for_now(
    signals: &'static [Signal],
    act: impl FnOnce(Signal) + Send + 'static,
) -> io::Result<Listening> {
    // Both threads are started now: when the signal comes, the program may have
    // so many that the system gives no more.
    let (hand_over, first) = mpsc::channel();
    let listening = Listening(Arc::new(Entry { signals, hand_over: hand_over.clone() }));
    let entry = Arc::downgrade(&listening.0);
    Builder::new().name("ending".to_owned()).spawn(move || {
        // There is none if the other thread could not be started.
        let Ok(signal) = first.recv() else { return };
        if catch_unwind(AssertUnwindSafe(|| act(signal))).is_err() {
            process::exit(signal.exit_code().into());
        }
        if entry.strong_count() == 0 {
            pass_on(signal);
        }
    })?;
    all().push(Arc::downgrade(&listening.0));
    let (tell, is_listening) = mpsc::channel();
    Builder::new().name("signals".to_owned()).spawn(move || {
        // Made here: where no thread can be started it would have to be dropped
        // inside of the caller's event loop, and that panics.
        match runtime::Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime.block_on(watch(signals, &tell, &hand_over)),
            // The thread at the other end waits for this.
            Err(error) => drop(tell.send(Err(error))),
        }
    })?;
    is_listening.recv().unwrap_or_else(|error| Err(io::Error::other(error)))?;
    Ok(listening)
}

/// As long as it is there, it is told of signals.
#[derive(Debug)]
#[must_use]
pub struct Listening(Arc<Entry>);

#[derive(Debug)]
struct Entry {
    signals: &'static [Signal],
    /// Only the first that comes here is looked at.
    hand_over: Sender<Signal>,
}

/// Everybody who has listened by [`on_first`] or [`on_first_for_now`]. Tokio tells those of a
/// signal who listen when it comes; these are told as well who began a moment too late.
static ALL: Mutex<Vec<Weak<Entry>>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<Weak<Entry>>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells all others of a signal that has come to somebody who does not listen any more.
fn pass_on(signal: Signal) {
    let all: Vec<_> = all().iter().filter_map(Weak::upgrade).collect();
    let mut others = all.iter().filter(|entry| entry.signals.contains(&signal)).peekable();
    if others.peek().is_none() {
        process::exit(signal.exit_code().into());
    }
    for other in others {
        // One that has been told already does not look at a second, and may have ended.
        let _ = other.hand_over.send(signal);
    }
}

async fn watch(signals: &[Signal], tell: &Sender<io::Result<()>>, hand_over: &Sender<Signal>) {
    let mut signals = match Signals::listen(signals) {
        Ok(signals) => signals,
        Err(error) => {
            // The thread at the other end waits for this, and below.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let _ = tell.send(Ok(()));
    let _ = hand_over.send(signals.next().await);
    process::exit(signals.next().await.exit_code().into());
}
