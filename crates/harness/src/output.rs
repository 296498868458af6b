//! What a program prints is what it was run for: if that is lost, it has failed.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a text, styled or not, and the end of a line on stdout.
///
/// A reader that left early (`| head`) misses nothing that it wanted. It is an
/// error if the text is lost in any other way, as on a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    let written = writeln!(anstream::stdout().lock(), "{text}");
    written.or_else(|error| not_lost(&error, "stdout"))
}

/// The same for what is printed as JSON, on one line.
pub(crate) fn print_json(what: &impl Serialize) -> Result<(), Failure> {
    let written = write_json(io::stdout().lock(), what);
    written.or_else(|error| not_lost(&error, "stdout"))
}

/// Writes JSON and the end of a line.
pub(crate) fn write_json(to: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut buffered = io::BufWriter::new(to);
    serde_json::to_writer(&mut buffered, what)?;
    writeln!(buffered)?;
    buffered.flush()
}

/// Fails if what was not written to this stream is missed by anybody.
pub(crate) fn not_lost(error: &io::Error, stream: &str) -> Result<(), Failure> {
    if error.kind() == ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Failure::new(
        format!("cannot write to {stream}: {error}"),
        format!("make room where {stream} goes to, or send it elsewhere"),
    ))
}
