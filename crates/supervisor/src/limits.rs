//! How much a run may take before it is ended, so that nothing else on the
//! machine suffers from it.

use std::time::Duration;

/// What a run may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// From its start to its end.
    pub time: Duration,
    /// What it writes, in bytes: it is kept on disk for as long as the
    /// [`Ended`](crate::Ended) is.
    pub output: u64,
    /// Memory in bytes, at a time.
    pub memory: u64,
    /// Threads, at a time.
    pub threads: u64,
    /// Whose memory and threads these are.
    pub counted: Counted,
}

/// Whose memory and threads are counted: on Linux, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The program's own.
    Process,
    /// Those of all processes that it has started too, and of theirs, unless one
    /// of them has left its group. Memory that they share counts for each of them.
    Group,
}

/// A limit that a run went beyond, and where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::time`].
    Time(Duration),
    /// [`Limits::output`], in bytes.
    Output(u64),
    /// [`Limits::memory`], in bytes.
    Memory(u64),
    /// [`Limits::threads`].
    Threads(u64),
}

/// What is taken at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Taken {
    memory: u64,
    threads: u64,
}

impl Limits {
    /// The limit of a process that takes more memory or threads than it may.
    ///
    /// It is looked at here, since the system's own limit of threads does not
    /// bind an administrator, and none of them counts the memory in use.
    pub(crate) fn exceeded_by(&self, id: u32) -> Option<Limit> {
        let taken = match self.counted {
            Counted::Process => taken(id)?,
            Counted::Group => taken_by_group(id)?,
        };
        if taken.threads > self.threads {
            return Some(Limit::Threads(self.threads));
        }
        (taken.memory > self.memory).then_some(Limit::Memory(self.memory))
    }

    /// The same for one that has written so many bytes.
    pub(crate) fn exceeded_by_output(&self, written: u64) -> Option<Limit> {
        (written > self.output).then_some(Limit::Output(self.output))
    }

    /// The same for one that has run so long.
    pub(crate) fn exceeded_after(&self, time: Duration) -> Option<Limit> {
        (time > self.time).then_some(Limit::Time(self.time))
    }
}

#[cfg(target_os = "linux")]
fn taken(id: u32) -> Option<Taken> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    // One that has ended, and that nobody has waited for, has no memory any more.
    let memory = number("VmRSS:").unwrap_or(0) * 1024;
    Some(Taken { memory, threads: number("Threads:")? })
}

/// What all processes take whose group this one leads.
#[cfg(target_os = "linux")]
fn taken_by_group(leader: u32) -> Option<Taken> {
    let entries = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all = ids.filter(|id| group_of(*id) == Some(leader)).filter_map(taken);
    Some(all.fold(Taken::default(), |sum, one| Taken {
        memory: sum.memory + one.memory,
        threads: sum.threads + one.threads,
    }))
}

/// The group that a process is in, by the process that leads it.
///
/// The system's call for this gives 0 of one that was put into a container from
/// outside, and rustix takes that for a process.
#[cfg(target_os = "linux")]
fn group_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Its name stands in brackets before that, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(2)?.parse().ok()
}

/// Other systems do not tell it without more ado.
#[cfg(not(target_os = "linux"))]
fn taken(_id: u32) -> Option<Taken> {
    None
}

#[cfg(not(target_os = "linux"))]
fn taken_by_group(_leader: u32) -> Option<Taken> {
    None
}
