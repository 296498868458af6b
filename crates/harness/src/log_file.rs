//! `--log-file`: what the requesters say, in a file that keeps it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use lens::Lens;

use crate::failure::Failure;
use crate::files::unwritable;
use crate::transcript::full_line;

/// A file that lines are added to.
pub(crate) struct LogFile {
    path: PathBuf,
    log: Arc<Mutex<Log>>,
}

struct Log {
    file: File,
    /// What went wrong first; nothing is written after that.
    error: Option<io::Error>,
}

impl LogFile {
    /// Opens the file, or creates it. What other runs have left there stays: the
    /// process in each line tells the runs apart.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::options().append(true).create(true).open(path);
        let file = file.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), log: Arc::new(Mutex::new(Log { file, error: None })) })
    }

    /// The layer that writes to it, beside those that print and record.
    pub(crate) fn layer(&self, lens: Lens) -> LogLayer {
        LogLayer { log: self.log.clone(), lens }
    }

    /// Fails if a line could not be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match lock(&self.log).error.take() {
            Some(error) => Err(unwritable(&self.path, &error)),
            None => Ok(()),
        }
    }
}

/// Writes the events of all lanes, also of those that a sample leaves out.
pub(crate) struct LogLayer {
    log: Arc<Mutex<Log>>,
    lens: Lens,
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if let Some(lane) = self.lens.lane_of(event, &context) {
            // The time is taken under the lock, so that no line is older than the one above it.
            let mut log = lock(&self.log);
            log.write(&(full_line(event, lane.name(), &self.lens) + "\n"));
        }
    }
}

impl Log {
    /// A line at a time and whole, so that lines of several threads do not mix.
    fn write(&mut self, line: &str) {
        if self.error.is_none() {
            self.error = self.file.write_all(line.as_bytes()).err();
        }
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}
