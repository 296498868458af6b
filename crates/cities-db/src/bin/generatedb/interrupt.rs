//! Ctrl-C, and on Unix also SIGTERM.

use std::io;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use harness::Failure;
use tokio::runtime::Builder;
use tokio::time::sleep;

/// How long the generator may take to notice and to roll back by itself. It may
/// be inside one long statement; then the database rolls back what is left behind.
const GRACE: Duration = Duration::from_secs(2);

/// By convention, 128 and the signal's number.
const INTERRUPTED: u8 = 130;
#[cfg(unix)]
const TERMINATED: u8 = 143;

/// Whether a signal has come, and the exit code that tells of it.
pub(crate) struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// From here on a signal no longer ends the process at once.
    pub(crate) fn listen() -> Self {
        let code = Arc::new(AtomicU8::new(0));
        let heard = Arc::clone(&code);
        let listening = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            // Registered before this returns: no signal may fall in between.
            let signals = runtime.block_on(async { Signals::new() })?;
            let listen = move || runtime.block_on(listen(signals, &heard));
            thread::Builder::new().name("signals".to_owned()).spawn(listen)
        });
        if let Err(error) = listening {
            harness::note(&format!("a signal will end this at once: {error}"));
        }
        Self(code)
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.0.load(Ordering::Relaxed))
    }
}

async fn listen(mut signals: Signals, heard: &AtomicU8) {
    let code = signals.next().await;
    heard.store(code, Ordering::Relaxed);
    tokio::select! {
        () = sleep(GRACE) => {}
        _ = signals.next() => {}
    }
    let hint = "the database holds what it held before, or all of the new copies";
    Failure::new("interrupted while the database was busy", hint).print();
    process::exit(code.into());
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Gives the exit code that tells of the signal.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Gives the exit code that tells of the signal.
    async fn next(&mut self) -> u8 {
        let _ = self.0.recv().await;
        INTERRUPTED
    }
}
