//! The file of what was ingested: a character per line, in JSON.
//!
//! A line is written by one call, under a lock, with its newline at the end. So
//! whatever ends the process, and whenever, a line that ends in a newline is a
//! whole character, and all characters that were told as ingested are in the
//! file. Where a write fails half-way, on a full disk, the half line is taken
//! back. A power failure is another matter: only at the end of the run the file
//! is known to be on the disk.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use harness::Failure;

use crate::Character;

/// A file that is being written.
pub(crate) struct Out {
    path: PathBuf,
    lines: Mutex<Lines>,
}

struct Lines {
    file: File,
    /// How long the whole lines are, in bytes.
    whole: u64,
}

impl Out {
    /// Begins the file anew.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        match File::create(path) {
            Ok(file) => {
                Ok(Self { path: path.to_owned(), lines: Mutex::new(Lines { file, whole: 0 }) })
            }
            Err(error) => Err(unwritable(path, &error)),
        }
    }

    /// Adds a character: all of it, or nothing.
    ///
    /// Some 600 bytes for the system to keep take microseconds. That is why this
    /// may be called on an event loop.
    pub(crate) fn write(&self, character: &Character) -> Result<(), Failure> {
        let line = serde_json::to_string(character).map(|json| json + "\n");
        let written = line.map_err(io::Error::from).and_then(|line| {
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).add(line.as_bytes())
        });
        written.map_err(|error| unwritable(&self.path, &error))
    }

    /// Waits until everything is on the disk.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal or a pipe has no disk below it.
        let on_disk = match lines.file.metadata() {
            Ok(metadata) if metadata.is_file() => lines.file.sync_all(),
            _ => Ok(()),
        };
        on_disk.map_err(|error| unwritable(&self.path, &error))
    }
}

impl Lines {
    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(line);
        match written {
            Ok(()) => self.whole += line.len() as u64,
            // If even this fails, the last line has no newline, and so counts for none.
            Err(_) => {
                let _ = self.file.set_len(self.whole);
                let _ = self.file.seek(SeekFrom::Start(self.whole));
            }
        }
        written
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        format!("cannot write '{}': {error}", path.display()),
        "name a file in a folder that exists and has room, with --out",
    )
}
