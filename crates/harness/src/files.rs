//! The files that a run writes.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

pub(crate) fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| unwritable(path, &error))
}

pub(crate) fn written(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.flush()
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        format!("cannot write '{}': {error}", path.display()),
        "name a file in a folder that exists and may be written",
    )
}
