//! Programs that can be interrupted, wherever the tests are run.
//!
//! A shell has what it runs in the background of a script ignore SIGINT. What a
//! process ignores, the programs that it starts ignore too, and a test could not
//! interrupt them as a user does. What a process *catches*, they do not inherit. So
//! where it is ignored, it is caught instead, by something that does nothing.

use std::fs;
use std::sync::Once;
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// SIGINT in the set of signals that Linux tells.
const INTERRUPT: u64 = 1 << (2 - 1);

/// From here on, programs get the default back.
pub fn let_programs_be_interrupted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if is_ignored() {
            catch();
        }
    });
}

/// On a thread of its own: the test may be inside of a runtime, where no other one may be
/// dropped.
fn catch() {
    let caught = thread::spawn(|| {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        let _inside = runtime.enter();
        // It goes on being caught when nobody listens any more.
        drop(signal(SignalKind::interrupt()).expect("SIGINT can be caught"));
    });
    caught.join().expect("it does not panic");
}

fn is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    set.is_some_and(|set| set & INTERRUPT != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_caught_from_inside_of_a_runtime_too() {
        catch();
    }
}
