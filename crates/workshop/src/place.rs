//! Where a program is tried: a folder for what it makes, gone when the trial is over.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Once;

use tempfile::NamedTempFile;

/// A folder of a trial. A file beside it is locked for as long as its process is there:
/// so others know what one that was killed has left behind.
pub struct Place {
    folder: PathBuf,
    /// Has the folder's name and an ending.
    _lock: NamedTempFile,
}

/// The ending of the file beside a folder.
const LOCK: &str = ".lock";

impl Place {
    /// Makes one in the project's own `target`, and once in a process removes those there
    /// that nobody uses any more.
    ///
    /// # Errors
    ///
    /// When it cannot be made there.
    pub fn new() -> io::Result<Self> {
        static TIDIED: Once = Once::new();
        let all = crate::Folder::root_of_project()?.join("target/workshop-trials");
        fs::create_dir_all(&all)?;
        TIDIED.call_once(|| remove_stale(&all));
        Self::new_in(&all)
    }

    fn new_in(all: &Path) -> io::Result<Self> {
        let lock = tempfile::Builder::new().suffix(LOCK).tempfile_in(all)?;
        // Where nothing can be locked, nothing is ever stale.
        let _ = lock.as_file().try_lock();
        // Later than the lock: there is no moment at which it looks stale.
        let folder = lock.path().with_extension("");
        fs::create_dir(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What is left is stale then.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders whose processes are gone. What cannot be removed stays.
fn remove_stale(all: &Path) {
    let folders = fs::read_dir(all).into_iter().flatten().flatten();
    for folder in folders.map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let mut lock = folder.clone().into_os_string();
        lock.push(LOCK);
        let is_stale = match File::open(&lock) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_stale {
            let _ = fs::remove_dir_all(folder);
            let _ = fs::remove_file(lock);
        }
    }
}

/// Fails if there is no room in this folder, or for temporary files: then what a program
/// has done says nothing about it.
pub(crate) fn has_room(folder: &Path) -> io::Result<()> {
    for folder in [folder, &env::temp_dir()] {
        tempfile::tempfile_in(folder).and_then(takes_something).map_err(|error| {
            let told = format!("nothing can be written to '{}': {error}", folder.display());
            io::Error::new(error.kind(), told)
        })?;
    }
    Ok(())
}

fn takes_something(mut file: File) -> io::Result<()> {
    file.write_all(&[0; 64 * 1024])
}

/// Fails if nobody on this machine can reach the server with this URL.
pub(crate) fn is_reached(url: &str) -> io::Result<()> {
    let address = url.trim_start_matches("http://");
    TcpStream::connect(address).map(drop).map_err(|error| {
        let told = format!("a server at {url} is not reached from here: {error}");
        io::Error::new(error.kind(), told)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_uses_any_more_is_removed_and_nothing_else() {
        let all = tempfile::tempdir().unwrap();
        let used = Place::new_in(all.path()).unwrap();
        let is_there = |name: &str| all.path().join(name).exists();
        for stale in ["unlocked", "without-a-lock"] {
            fs::create_dir_all(all.path().join(stale).join("made")).unwrap();
        }
        fs::write(all.path().join("unlocked.lock"), "").unwrap();
        remove_stale(all.path());
        assert!(used.path().exists());
        assert_eq!(["unlocked", "unlocked.lock", "without-a-lock"].map(is_there), [false; 3]);

        drop(used);
        assert_eq!(fs::read_dir(all.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_without_room_is_told() {
        let folder = tempfile::tempdir().unwrap();
        has_room(folder.path()).unwrap();
        let error = has_room(&folder.path().join("none")).unwrap_err();
        assert!(error.to_string().starts_with("nothing can be written to '"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_takes_nothing() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(takes_something(full).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_server_that_nobody_reaches_is_told() {
        let nobody = program_test::nobody();
        let error = is_reached(&nobody.url("")).unwrap_err();
        assert!(error.to_string().contains("is not reached from here: "), "{error}");
        let somebody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        is_reached(&format!("http://{}", somebody.local_addr().unwrap())).unwrap();
    }
}
