//! Ctrl-C: what was recorded until then is still worth a picture.

use std::io;

use crate::signals::{self, Signal};

/// Calls `act` at the first Ctrl-C, on a thread of its own; a second one ends
/// the process at once.
pub(crate) fn on_interrupt(act: impl FnOnce() + Send + 'static) -> io::Result<()> {
    signals::on_first(&[Signal::Interrupt], move |_| act())
}
