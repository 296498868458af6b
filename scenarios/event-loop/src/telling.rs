//! What the event loop says of itself, in words.

use std::cell::RefCell;
use std::mem;
use std::time::Duration;

use crate::Reactor;

thread_local! {
    /// What the task that is polled now waits for. A task of several futures
    /// may wait for several things.
    static WAITS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the task waits for this moment, counted from the beginning.
pub(crate) fn waits_until(moment: Duration) {
    note(format!("until {}", seconds(moment)));
}

/// Notes that the task waits for its socket.
pub(crate) fn waits_for_its_socket() {
    note("for its socket".to_owned());
}

fn note(wait: String) {
    WAITS.with_borrow_mut(|waits| waits.push(wait));
}

/// Takes the notes: ` until 2.00 s`, or nothing.
pub(crate) fn waits() -> String {
    let waits = WAITS.with_borrow_mut(mem::take);
    if waits.is_empty() { String::new() } else { format!(" {}", waits.join(" or ")) }
}

/// What ends a sleep.
pub(crate) fn sleep(longest: Option<Duration>, reactor: &Reactor) -> String {
    match (longest, reactor.is_waited_for()) {
        (Some(longest), false) => format!("sleep {}", seconds(longest)),
        (Some(longest), true) => {
            format!("sleep {}, or until a socket is ready", seconds(longest))
        }
        (None, true) => "sleep until a socket is ready".to_owned(),
        (None, false) => "sleep until another thread calls a waker".to_owned(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
