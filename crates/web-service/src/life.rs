//! What of a service is still under way, and whether it is to stop.

use tokio::sync::watch;

/// Of one service, for all that are part of it.
///
/// A server that stops knows its connections, and not the tasks that they have left
/// behind: a request that is carried to its end though its client has hung up, or a
/// WebSocket, which is no HTTP connection any more. These keep an [`UnderWay`].
#[derive(Debug, Clone)]
pub struct Life {
    under_way: watch::Sender<()>,
    stopping: watch::Sender<bool>,
}

/// Something that a server waits for before it ends, until this is dropped.
#[derive(Debug)]
pub struct UnderWay(#[expect(dead_code, reason = "it is counted")] watch::Receiver<()>);

/// Tells when the service is to stop.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Default for Life {
    fn default() -> Self {
        Self { under_way: watch::channel(()).0, stopping: watch::channel(false).0 }
    }
}

impl Life {
    /// Has the server wait for this, for as long as its grace period.
    pub fn begin(&self) -> UnderWay {
        UnderWay(self.under_way.subscribe())
    }

    /// For whoever has to end something by itself then.
    pub fn stopping(&self) -> Stopping {
        Stopping(self.stopping.subscribe())
    }

    /// How many are to be told, and so as many at least as there are connections.
    pub(crate) fn connections(&self) -> usize {
        self.stopping.receiver_count()
    }

    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Returns when nobody is left who is to be told.
    pub(crate) async fn all_told(&self) {
        self.stopping.closed().await;
    }

    pub(crate) async fn all_ended(&self) {
        self.under_way.closed().await;
    }

    pub(crate) fn left(&self) -> usize {
        self.under_way.receiver_count()
    }
}

impl Stopping {
    /// Waits until the service is to stop, and returns at once if it is already.
    pub async fn wait(&mut self) {
        // It fails only if the service has ended.
        let _ = self.0.wait_for(|is_stopping| *is_stopping).await;
    }
}
