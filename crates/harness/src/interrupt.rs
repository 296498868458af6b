//! Ctrl-C: what was recorded until then is still worth a picture.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::Builder;

/// Calls `act` at the first Ctrl-C, on a thread of its own: the run's thread may
/// be inside a blocking call. From here on Ctrl-C no longer ends the process by itself.
pub(crate) fn on_interrupt(act: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let (ready, listening) = mpsc::channel();
    let watch = move || {
        let heard = runtime.block_on(async {
            let listener = listen();
            let _ = ready.send(());
            listener?.recv().await;
            io::Result::Ok(())
        });
        if heard.is_ok() {
            act();
        }
    };
    thread::Builder::new().name("ctrl-c".to_owned()).spawn(watch)?;
    // Either it listens or it never will.
    let _ = listening.recv();
    Ok(())
}

#[cfg(unix)]
fn listen() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn listen() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
