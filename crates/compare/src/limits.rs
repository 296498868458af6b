//! How much a run may take before it is ended, so that nothing else on the
//! machine suffers from it.

use std::time::Duration;

use crate::numbers::{bytes, words};

/// What a run may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// From its start to its end.
    pub time: Duration,
    /// Memory in bytes, at a time.
    pub memory: u64,
    /// Threads, at a time.
    pub threads: u64,
    /// What it writes, in bytes: it is kept on disk until all runs are over.
    pub output: u64,
}

/// What a process takes at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    memory: u64,
    threads: u64,
}

impl Limits {
    /// What is to be said of a process that takes more memory or threads than it may.
    ///
    /// It is looked at here, since the system's own limit of threads does not
    /// bind an administrator, and none of them counts the memory in use.
    pub(crate) fn exceeded_by(&self, id: u32) -> Option<String> {
        let taken = taken(id)?;
        if taken.threads > self.threads {
            return Some(format!("took more than {} threads", self.threads));
        }
        (taken.memory > self.memory)
            .then(|| format!("took more than {} of memory", bytes(self.memory)))
    }

    /// The same for one that has written so many bytes.
    pub(crate) fn exceeded_by_output(&self, written: u64) -> Option<String> {
        (written > self.output).then(|| format!("wrote more than {}", bytes(self.output)))
    }

    /// The same for one that has run so long.
    pub(crate) fn exceeded_after(&self, time: Duration) -> Option<String> {
        (time > self.time).then(|| format!("took longer than {}", words(self.time)))
    }
}

#[cfg(target_os = "linux")]
fn taken(id: u32) -> Option<Taken> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some(Taken { memory: number("VmRSS:")? * 1024, threads: number("Threads:")? })
}

/// Other systems do not tell it without more ado.
#[cfg(not(target_os = "linux"))]
fn taken(_id: u32) -> Option<Taken> {
    None
}
