//! `--trace`: the run as a Chrome trace. Every held stretch is on its own thread,
//! and every requester's life on a track of its own: where it has no stretch it waits.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tracing_chrome::{ChromeLayer, ChromeLayerBuilder, EventOrSpan, FlushGuard};
use tracing_subscriber::Registry;

use lens::{Lens, Recording};

use crate::failure::Failure;
use crate::files::unwritable;

/// A trace file that is being written.
pub(crate) struct Trace {
    path: PathBuf,
    guard: FlushGuard,
    /// The same file, for what is known when all is over.
    file: File,
    /// When the recording began, before the trace's own clock did.
    begun: Duration,
    /// What went wrong first while writing.
    error: FirstError,
}

type FirstError = Arc<Mutex<Option<io::Error>>>;

impl Trace {
    /// Creates the file; gives the layer that writes to it, and its keeper.
    pub(crate) fn create(
        path: &Path,
        lens: Lens,
        begun: Instant,
    ) -> Result<(ChromeLayer<Registry>, Self), Failure> {
        let file = File::create(path).map_err(|error| unwritable(path, &error))?;
        let end = file.try_clone().map_err(|error| unwritable(path, &error))?;
        let error = FirstError::default();
        let writer = Remembering { file: BufWriter::new(file), error: error.clone() };
        let (layer, guard) = ChromeLayerBuilder::new()
            .writer(writer)
            .include_args(true)
            .name_fn(Box::new(move |data| name(data, &lens)))
            .build();
        let begun = begun.elapsed();
        Ok((layer, Self { path: path.to_owned(), guard, file: end, begun, error }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until everything is in the file, and adds the requesters' lives.
    pub(crate) fn finish(mut self, recording: &Recording) -> Result<(), Failure> {
        drop(self.guard);
        let written = match self.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => add_lives(&mut self.file, recording, self.begun),
        };
        written.map_err(|error| unwritable(&self.path, &error))
    }
}

/// What the layer ends its file with.
const END: &[u8] = b"\n]";

/// Adds a track for each requester, from the moment it was made to its end. The
/// layer knows of none of the time that nobody spent inside of a span.
fn add_lives(file: &mut File, recording: &Recording, begun: Duration) -> io::Result<()> {
    file.seek(SeekFrom::End(-(END.len() as i64)))?;
    let mut file = BufWriter::new(file);
    for lane in &recording.lanes {
        let ended = lane.ended.unwrap_or(recording.elapsed);
        let mut slice = |name: &str, from: Duration, to: Duration, args: Value| {
            for (phase, time) in [("b", from), ("e", to)] {
                let at = time.saturating_sub(begun).as_nanos() as f64 / 1000.0;
                let entry = json!({
                    "ph": phase, "cat": "requester", "id": lane.number, "name": name,
                    "pid": 1, "tid": 0, "ts": at, "args": args,
                });
                write!(file, ",\n{entry}")?;
            }
            io::Result::Ok(())
        };
        let args = json!({ "asks": lane.asks, "outcome": lane.outcome });
        slice(&lane.name, lane.created, ended, args)?;
        let started = lane.started.unwrap_or(ended);
        if started > lane.created {
            slice("made, not yet run", lane.created, started, json!({}))?;
        }
    }
    file.write_all(END)?;
    file.flush()
}

/// A stretch is called after its requester, an event after its place in the source.
fn name(data: &EventOrSpan<'_, '_, Registry>, lens: &Lens) -> String {
    match data {
        EventOrSpan::Event(event) => event.metadata().name().to_owned(),
        EventOrSpan::Span(span) => match lens.lane(&span.id()) {
            Some(lane) => lane.name().to_owned(),
            None => span.name().to_owned(),
        },
    }
}

/// A writer that never fails, because the layer's thread would panic, and keeps
/// the first error instead.
struct Remembering {
    file: BufWriter<File>,
    error: FirstError,
}

impl Remembering {
    fn remember(&self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}

impl Write for Remembering {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.file.write_all(bytes);
        self.remember(result);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.flush();
        self.remember(result);
        Ok(())
    }
}
