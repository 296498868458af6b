//! `--trace`: the run as a Chrome trace, every held stretch on its own thread.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_chrome::{ChromeLayer, ChromeLayerBuilder, EventOrSpan, FlushGuard};
use tracing_subscriber::Registry;

use lens::Lens;

use crate::failure::Failure;
use crate::files::{create, unwritable};

/// A trace file that is being written.
pub(crate) struct Trace {
    path: PathBuf,
    guard: FlushGuard,
    /// What went wrong first while writing.
    error: FirstError,
}

type FirstError = Arc<Mutex<Option<io::Error>>>;

impl Trace {
    /// Creates the file; gives the layer that writes to it, and its keeper.
    pub(crate) fn create(
        path: &Path,
        lens: Lens,
    ) -> Result<(ChromeLayer<Registry>, Self), Failure> {
        let file = BufWriter::new(create(path)?);
        let error = FirstError::default();
        let writer = Remembering { file, error: error.clone() };
        let (layer, guard) = ChromeLayerBuilder::new()
            .writer(writer)
            .include_args(true)
            .name_fn(Box::new(move |data| name(data, &lens)))
            .build();
        Ok((layer, Self { path: path.to_owned(), guard, error }))
    }

    /// Waits until everything is in the file.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        drop(self.guard);
        match self.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(unwritable(&self.path, &error)),
            None => Ok(()),
        }
    }
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
