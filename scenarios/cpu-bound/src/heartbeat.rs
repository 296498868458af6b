//! A task that shares the event loop with the work, and wants to run often.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, info, info_span};

use crate::Failure;

/// How often it wants to run: about as often as a screen is drawn.
const EVERY: Duration = Duration::from_millis(10);

/// A task of the event loop that beats every 10 ms, if it is let.
///
/// It stands for everything else that an event loop has to do while somebody
/// computes: other requests, timers, a button that was pressed.
pub struct Heartbeat {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Heartbeat {
    /// Starts to beat, inside a runtime. It is a lane of the recording.
    pub fn start() -> Self {
        let (stop, stopped) = oneshot::channel();
        let span = info_span!("requester", name = "heartbeat", asks = "to run every 10 ms");
        let task = tokio::spawn(beat(Instant::now(), stopped).instrument(span));
        Self { stop, task }
    }

    /// Lets it say how often it beat and how late, and ends it.
    pub async fn stop(self) -> Result<(), Failure> {
        // A heartbeat that has ended already needs no telling.
        let _ = self.stop.send(());
        Ok(self.task.await?)
    }
}

async fn beat(begun: Instant, mut stopped: oneshot::Receiver<()>) {
    let (mut beats, mut latest) = (0, Duration::ZERO);
    let mut due = begun;
    let mut stop = false;
    while !stop {
        tokio::select! {
            () = sleep_until(due) => {}
            _ = &mut stopped => stop = true,
        }
        let now = Instant::now();
        if now >= due {
            beats += 1;
            latest = latest.max(now - due);
            // Beats that were missed are lost; they are not made up for.
            due = begun + EVERY * wanted(now - begun);
        }
    }
    let (wanted, late) = (wanted(begun.elapsed()), latest.as_secs_f64() * 1000.0);
    info!("{beats} of {wanted} beats, at worst {late:.0} ms late");
    harness::done();
}

/// How many beats are due in that time, the first at its beginning.
fn wanted(time: Duration) -> u32 {
    (time.as_millis() / EVERY.as_millis()) as u32 + 1
}
