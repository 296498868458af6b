//! What the runs print, kept in a file until all of them are over.
//!
//! A process begins with the peak memory of the one that starts it, and a
//! report of many requesters is large. So none is read before the last run.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::process::Stdio;

use serde::de::DeserializeOwned;

/// A file without a name, which is gone with this process.
#[derive(Debug)]
pub(crate) struct Store {
    file: File,
}

impl Store {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()? })
    }

    /// Where a process can write, and where that begins. One at a time: all of
    /// them share the place where the next byte goes.
    pub(crate) fn open(&mut self) -> io::Result<(Stdio, u64)> {
        Ok((self.file.try_clone()?.into(), self.file.stream_position()?))
    }

    /// What has been written since then.
    pub(crate) fn since(&mut self, begin: u64) -> io::Result<Range<u64>> {
        Ok(begin..self.file.stream_position()?)
    }

    /// Reads it as JSON; none if it is something else.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, part: &Range<u64>) -> Option<T> {
        self.file.seek(SeekFrom::Start(part.start)).ok()?;
        let read =
            serde_json::from_reader(BufReader::new((&self.file).take(part.end - part.start)));
        self.file.seek(SeekFrom::End(0)).ok()?;
        read.ok()
    }
}
