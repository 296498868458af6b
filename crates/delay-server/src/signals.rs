//! The signals that tell a program to stop.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, and on Unix also SIGTERM.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on the signals no longer end the program by themselves.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Ctrl-C.
#[cfg(windows)]
pub(crate) struct Signals(CtrlC);

#[cfg(windows)]
impl Signals {
    /// From here on Ctrl-C no longer ends the program by itself.
    pub(crate) fn new() -> io::Result<Self> {
        ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
