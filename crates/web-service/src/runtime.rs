//! What a service runs on, and what ends it.

use std::io;

use harness::signals::{self, Signal};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// One event loop on one thread, or one on each of so many.
///
/// # Errors
///
/// When the system gives no threads or no descriptors.
pub fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_all().build()
}

/// Is told when Ctrl-C or SIGTERM comes. A second one ends the process.
///
/// # Errors
///
/// When the system gives no threads or does not let it listen.
pub fn stop_signal() -> io::Result<oneshot::Receiver<()>> {
    let (tell, stop) = oneshot::channel();
    signals::on_first(&[Signal::Interrupt, Signal::Terminate], move |_| {
        // Nobody is left to be told if the server has ended by itself.
        let _ = tell.send(());
    })?;
    Ok(stop)
}
