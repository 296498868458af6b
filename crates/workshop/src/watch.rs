//! Waiting for a learner to save a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use harness::Failure;
use notify::{Config, PollWatcher, RecursiveMode, Watcher};

/// How long to wait for an editor that writes a file in several steps.
const CALM: Duration = Duration::from_millis(100);

/// How often to look where the system tells nothing.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// Tells of every change of one file.
pub struct Watch {
    file: PathBuf,
    changes: Receiver<()>,
    /// What was in the file when it was seen last. Its time says nothing: a program is
    /// made newer when it is built.
    last: Option<Vec<u8>>,
    _watcher: Box<dyn Watcher + Send>,
}

impl Watch {
    /// Watches the folder of this file: editors replace the file itself. Where the
    /// system tells of no changes, it looks now and then.
    pub fn start(file: &Path) -> Result<Self, Failure> {
        let (tell, changes) = mpsc::channel();
        let tells = move || {
            let tell = tell.clone();
            move |_: notify::Result<notify::Event>| {
                // Nobody listens any more when the watch is over.
                let _ = tell.send(());
            }
        };
        let folder = file.parent().unwrap_or(Path::new("."));
        let failed = |error: notify::Error| {
            let cause = format!("{} cannot be watched: {error}", folder.display());
            Failure::new(cause, "cargo workshop run judges once")
        };
        let watch = |mut watcher: Box<dyn Watcher + Send>| {
            watcher.watch(folder, RecursiveMode::NonRecursive).map(|()| watcher)
        };
        let told = notify::recommended_watcher(tells());
        let watcher = told.and_then(|watcher| watch(Box::new(watcher))).or_else(|_| {
            let config = Config::default().with_poll_interval(LOOKS_EVERY);
            watch(Box::new(PollWatcher::new(tells(), config)?))
        });
        let watcher = watcher.map_err(failed)?;
        Ok(Self { file: file.to_owned(), changes, last: fs::read(file).ok(), _watcher: watcher })
    }

    /// Returns when the file has changed.
    pub fn wait(&mut self) {
        loop {
            if self.changes.recv().is_err() {
                return;
            }
            while self.changes.recv_timeout(CALM).is_ok() {}
            let now = fs::read(&self.file).ok();
            if now.is_some() && now != self.last {
                self.last = now;
                return;
            }
        }
    }
}
