//! The files that a run writes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::args::is_plain_device;
use crate::failure::Failure;

/// A file that will be written when there is something to write. However the
/// program ends before that, what was in the file is still there, and a file that
/// is new is not.
#[derive(Debug)]
pub struct LaterFile {
    path: PathBuf,
    /// Keeps a descriptor free: there may be no other one when it is to be written.
    open: File,
}

impl LaterFile {
    /// Opens the file, or makes it and removes it again.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn new(path: &Path) -> Result<Self, Failure> {
        let open = match File::create_new(path) {
            // Where it cannot be removed, an empty file stays.
            Ok(new) => {
                let _ = fs::remove_file(path);
                new
            }
            // It is there, or tells better what is wrong; a link may lead to none.
            Err(_) => File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(|error| unwritable(path, &error))?,
        };
        Ok(Self { path: path.to_owned(), open })
    }

    /// Has it written, in place of what was in it, and tells where that is.
    ///
    /// # Errors
    ///
    /// When it cannot be written any more.
    pub fn write(self, write: impl FnOnce(File) -> io::Result<()>) -> Result<PathBuf, Failure> {
        drop(self.open);
        match begun(&self.path).and_then(write) {
            Ok(()) => Ok(self.path),
            Err(error) => Err(unwritable(&self.path, &error)),
        }
    }

    /// The same with a text.
    ///
    /// # Errors
    ///
    /// As [`Self::write`].
    pub fn write_text(self, text: &str) -> Result<PathBuf, Failure> {
        self.write(|mut file| file.write_all(text.as_bytes()))
    }
}

/// The file, begun anew. Whatever has come in its place meanwhile, such as a pipe that
/// nobody reads, lets nobody wait.
fn begun(path: &Path) -> io::Result<File> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() && !is_plain_device(path) => {
            Err(io::Error::other("that is no file"))
        }
        _ => File::create(path),
    }
}

/// A file cannot be written, for this reason.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room, or name a file on another disk"
        }
        _ if is_for_want_of_files(error) => {
            "ask for less at once, or have the limit of open files raised (ulimit -n shows it)"
        }
        _ => "name a file in a folder that exists and may be written",
    };
    Failure::new(format!("cannot write '{}': {error}", path.display()), hint)
}

/// Whether the system lets this process, or all together, open no more files.
pub fn is_for_want_of_files(error: &io::Error) -> bool {
    // ENFILE and EMFILE have these numbers wherever there are any.
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_told_as_a_folder_that_is_missing() {
        let hint =
            |kind| unwritable(Path::new("run.svg"), &io::Error::from(kind)).hint().to_owned();
        assert_eq!(hint(io::ErrorKind::StorageFull), "make room, or name a file on another disk");
        assert!(hint(io::ErrorKind::NotFound).contains("a folder that exists"));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_came_meanwhile_lets_nobody_wait() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let path = folder.path().join("run.svg");
        let file = LaterFile::new(&path).expect("it can be written");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|made| made.success()));
        let failure = file.write_text("a picture").expect_err("nobody reads it");
        assert!(failure.cause().ends_with("that is no file"), "{failure}");
    }

    #[cfg(unix)]
    #[test]
    fn want_of_open_files_is_told_as_that() {
        let failure = unwritable(Path::new("run.svg"), &io::Error::from_raw_os_error(24));
        assert!(failure.hint().contains("ulimit -n"), "{}", failure.hint());
    }
}
