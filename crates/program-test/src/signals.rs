//! Programs that signals end, wherever the tests are run.
//!
//! A shell has what it runs in the background of a script ignore SIGINT and SIGQUIT, and
//! `nohup` has it ignore SIGHUP. What a process ignores, the programs that it starts
//! ignore too, and a test could not end them as a user does. What a process *catches*,
//! they do not inherit. So what is ignored is caught instead, by something that does
//! nothing.

use std::fs;
use std::sync::Once;
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// From here on, programs get the default back for the signals that ask one to end.
pub fn let_programs_be_signalled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let asks_to_end = [
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
            SignalKind::terminate(),
        ];
        let ignored = ignored();
        for kind in asks_to_end {
            if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
                catch(kind);
            }
        }
    });
}

/// On a thread of its own: the test may be inside of a runtime, where no other one may be
/// dropped.
fn catch(kind: SignalKind) {
    let caught = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        let _inside = runtime.enter();
        // It goes on being caught when nobody listens any more.
        drop(signal(kind).expect("it can be caught"));
    });
    caught.join().expect("it does not panic");
}

/// The set that Linux tells: signal 1 is its lowest bit.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_caught_from_inside_of_a_runtime_too() {
        catch(SignalKind::interrupt());
    }
}
