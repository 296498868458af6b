//! Programs to which the system gives no threads.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Nobody's, so that no process of another program is counted among this user's.
const STRANGER: &str = "61234";

/// As [`command`](crate::command), but the program gets no thread except its first.
/// To root the limit means nothing, so root runs it as another user; what it runs is a
/// copy in this folder, because that user may not be let into the checkout.
///
/// # Panics
///
/// When the folder cannot be given to everybody, or cannot hold the copy.
pub fn command_without_threads(folder: &Path, program: &str, args: &[&str]) -> Command {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("the folder is ours");
    let copy = folder.join("program");
    fs::copy(program, &copy).expect("there is room for a copy");
    let copy = copy.to_str().expect("a path in UTF-8");
    let limited = [&["prlimit", "--nproc=1", copy], args].concat();
    if is_root() {
        let other = ["--reuid", STRANGER, "--clear-groups"];
        crate::command("setpriv", &[&other[..], &limited].concat())
    } else {
        crate::command(limited[0], &limited[1..])
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}
