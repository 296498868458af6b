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

/// A file cannot be written, for this reason.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room, or name a file on another disk"
        }
        _ if error.raw_os_error().is_some_and(is_for_want_of_files) => {
            "ask for less at once, or have the limit of open files raised (ulimit -n shows it)"
        }
        _ => "name a file in a folder that exists and may be written",
    };
    Failure::new(format!("cannot write '{}': {error}", path.display()), hint)
}

/// Whether the system lets this process, or all together, open no more files.
fn is_for_want_of_files(code: i32) -> bool {
    // ENFILE and EMFILE have these numbers wherever there are any.
    cfg!(unix) && matches!(code, 23 | 24)
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
    fn want_of_open_files_is_told_as_that() {
        let failure = unwritable(Path::new("run.svg"), &io::Error::from_raw_os_error(24));
        assert!(failure.hint().contains("ulimit -n"), "{}", failure.hint());
    }
}
