//! Ctrl-C, and on Unix also SIGTERM, while a database is filled.

use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::Failure;
use harness::signals::{self, Listening, Signal};

/// How long the generator may take to notice and to roll back by itself. It may
/// be inside one long statement; then the database rolls back what is left behind.
const GRACE: Duration = Duration::from_secs(2);

/// How often to look whether it has.
const PAUSE: Duration = Duration::from_millis(10);

/// Whether a signal has come, and the exit code that tells of it.
///
/// Dropped, it heeds no signal any more: then it is for who listens besides, or ends the
/// process.
pub struct Interrupt {
    state: Arc<State>,
    listening: Option<Listening>,
}

#[derive(Default)]
struct State {
    /// 0 until a signal has come.
    code: AtomicU8,
    is_over: AtomicBool,
}

impl Interrupt {
    /// From here on only a second signal ends the process at once.
    pub fn listen() -> Self {
        let state = Arc::new(State::default());
        let heard = Arc::clone(&state);
        let end = move |signal: Signal| {
            heard.code.store(signal.exit_code(), Ordering::Relaxed);
            let asked = Instant::now();
            while asked.elapsed() < GRACE {
                if heard.is_over.load(Ordering::Acquire) {
                    return;
                }
                thread::sleep(PAUSE);
            }
            let hint = "the database holds what it held before, or all of what was to come";
            Failure::new("interrupted while the database was busy", hint).print();
            process::exit(signal.exit_code().into());
        };
        let signals = &[Signal::Interrupt, Signal::Terminate];
        let listening = signals::on_first_for_now(signals, end);
        if let Err(error) = &listening {
            harness::note(&format!("a signal will end this at once: {error}"));
        }
        Self { state, listening: listening.ok() }
    }

    /// Whether a signal has come.
    pub fn came(&self) -> bool {
        self.code() != 0
    }

    /// The exit code of a program that ends because of it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    pub(super) fn code(&self) -> u8 {
        self.state.code.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        // In this order: who is told that it is over looks whether anybody still listens.
        drop(self.listening.take());
        self.state.is_over.store(true, Ordering::Release);
    }
}
