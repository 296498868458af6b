//! Saving a program is noticed, however an editor does it.

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use workshop::watch::Watch;

/// Far beyond what a busy machine needs: the test fails then, and does not hang.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_file_that_is_written_or_replaced_has_changed_and_its_neighbour_has_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program.rs");
    fs::write(&file, "one").unwrap();
    let mut watch = Watch::start(&file).unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        loop {
            watch.wait();
            if tell.send(()).is_err() {
                return;
            }
        }
    });
    fs::write(folder.path().join("neighbour.rs"), "else").unwrap();
    let quiet = told.recv_timeout(Duration::from_millis(500));
    assert_eq!(quiet, Err(mpsc::RecvTimeoutError::Timeout));
    // As some editors save it, and as others do.
    fs::write(&file, "two").unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
    // It is made newer when it is built, and that is no change.
    let now = fs::File::options().append(true).open(&file).unwrap();
    now.set_modified(std::time::SystemTime::now() + Duration::from_secs(1)).unwrap();
    let quiet = told.recv_timeout(Duration::from_millis(500));
    assert_eq!(quiet, Err(mpsc::RecvTimeoutError::Timeout));
    let new = folder.path().join("program.rs.new");
    fs::write(&new, "three").unwrap();
    fs::rename(&new, &file).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
}
