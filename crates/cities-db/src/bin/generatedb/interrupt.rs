//! Ctrl-C, and on Unix also SIGTERM.

use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use harness::Failure;
use harness::signals::{self, Signal};

/// How long the generator may take to notice and to roll back by itself. It may
/// be inside one long statement; then the database rolls back what is left behind.
const GRACE: Duration = Duration::from_secs(2);

/// Whether a signal has come, and the exit code that tells of it.
pub(crate) struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// From here on only a second signal ends the process at once.
    pub(crate) fn listen() -> Self {
        let code = Arc::new(AtomicU8::new(0));
        let heard = Arc::clone(&code);
        let end = move |signal: Signal| {
            heard.store(signal.exit_code(), Ordering::Relaxed);
            thread::sleep(GRACE);
            let hint = "the database holds what it held before, or all of the new copies";
            Failure::new("interrupted while the database was busy", hint).print();
            process::exit(signal.exit_code().into());
        };
        if let Err(error) = signals::on_first(&[Signal::Interrupt, Signal::Terminate], end) {
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
