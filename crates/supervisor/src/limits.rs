//! How much a run may take before it is ended, so that nothing else on the
//! machine suffers from it.

use std::time::Duration;

/// What a run may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// From its start to its end. On Linux, it may take longer on a machine with much
    /// else to do: what one of its threads waits for a core does not count, until all
    /// together have used so much of the cores.
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

/// A run may take so many times as long as it may at best.
const MOST_PATIENCE: u32 = 6;

/// What a group has had of the cores.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cores {
    /// All of its threads together.
    used: Duration,
    /// The one that had to wait for a core the longest.
    waited: Duration,
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

    /// The same for one that has run so long. `had` is what it was seen to have had of
    /// the cores so far: what had most of them may have ended.
    pub(crate) fn exceeded_after(&self, time: Duration, id: u32, had: &mut Cores) -> Option<Limit> {
        if time <= self.time {
            return None;
        }
        let now = cores(id);
        *had = Cores { used: had.used.max(now.used), waited: had.waited.max(now.waited) };
        // Whoever waited for what its own threads have used has had its time.
        let is_over = time > self.time * MOST_PATIENCE
            || had.used > self.time
            || time.saturating_sub(had.waited) > self.time;
        is_over.then_some(Limit::Time(self.time))
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
    let all = numbers_in("/proc").filter(|id| group_of(*id) == Some(leader)).filter_map(taken);
    Some(all.fold(Taken::default(), |sum, one| Taken {
        memory: sum.memory + one.memory,
        threads: sum.threads + one.threads,
    }))
}

/// The entries of a folder of the system's whose names are numbers, none if it is gone.
#[cfg(target_os = "linux")]
fn numbers_in(folder: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What the threads of this group have had of the cores that are there still.
#[cfg(target_os = "linux")]
fn cores(leader: u32) -> Cores {
    let processes = numbers_in("/proc").filter(|id| group_of(*id) == Some(leader));
    let threads = processes.flat_map(|id| {
        let folder = format!("/proc/{id}/task");
        numbers_in(&folder).map(move |thread| format!("{folder}/{thread}/schedstat"))
    });
    threads.fold(Cores::default(), |all, file| {
        // Its time on a core, its wait for one, and how often it had one.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let mut times = text.split_whitespace().map_while(|it| it.parse().ok());
        let mut next = || times.next().map(Duration::from_nanos).unwrap_or_default();
        let (used, waited) = (next(), next());
        Cores { used: all.used + used, waited: all.waited.max(waited) }
    })
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
fn cores(_leader: u32) -> Cores {
    Cores::default()
}

#[cfg(not(target_os = "linux"))]
fn taken_by_group(_leader: u32) -> Option<Taken> {
    None
}
