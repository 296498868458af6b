//! How much a run may take before it is ended, so that nothing else on the
//! machine suffers from it.

use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{collections::HashSet, mem};

use crate::cores::{Cores, Had};

/// What a run may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// From its start to its end. On Linux, it may take longer on a machine with much
    /// else to do: what one of its threads waits for a core does not count, nor what
    /// several do that follow each other, until all together have used so much of the cores.
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

/// What is taken at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Taken {
    memory: u64,
    threads: u64,
}

/// For each thread that was looked at, they are not looked at again for so long: a few are
/// each time that a run is, and a crowd costs no more than a few do.
const PAUSE_FOR_EACH: Duration = Duration::from_micros(200);

/// The looks at one run, from its start on.
pub(crate) struct Looks {
    limits: Limits,
    group: Group,
    cores: Cores,
    /// When its threads are to be looked at again.
    next: Duration,
}

impl Looks {
    pub(crate) fn new(limits: Limits, leader: u32) -> Self {
        let group = Group::led_by(leader);
        Self { limits, group, cores: Cores::default(), next: Duration::ZERO }
    }

    /// The limit that it has gone beyond, after this time; none if it has not.
    ///
    /// It is looked at here, since the system's own limit of threads does not
    /// bind an administrator, and none of them counts the memory in use.
    pub(crate) fn exceeded(&mut self, time: Duration) -> Option<Limit> {
        let counted = match self.limits.counted {
            Counted::Process => vec![self.group.leader],
            Counted::Group => self.group.processes(),
        };
        let taken = Taken::by(&counted);
        if taken.threads > self.limits.threads {
            return Some(Limit::Threads(self.limits.threads));
        } else if taken.memory > self.limits.memory {
            return Some(Limit::Memory(self.limits.memory));
        }
        if time >= self.next {
            let threads = threads_of(&counted);
            let number = u32::try_from(threads.len()).unwrap_or(u32::MAX);
            self.next = time + PAUSE_FOR_EACH.saturating_mul(number);
            self.cores.see(time, threads);
        }
        if self.is_over_after(time) {
            // Whatever is counted, what all have had until now decides.
            self.cores.see(time, threads_of(&self.group.processes()));
        }
        self.is_over_after(time).then_some(Limit::Time(self.limits.time))
    }

    fn is_over_after(&self, time: Duration) -> bool {
        let most = self.limits.time;
        // Whoever waited for what its own threads have used has had its time.
        time > most
            && (time > most * MOST_PATIENCE
                || self.cores.used() > most
                || time.saturating_sub(self.cores.waited()) > most)
    }
}

impl Limits {
    /// The limit of one that has written so many bytes.
    pub(crate) fn exceeded_by_output(&self, written: u64) -> Option<Limit> {
        (written > self.output).then_some(Limit::Output(self.output))
    }
}

impl Taken {
    /// What these processes take together, those of them that are there.
    fn by(processes: &[u32]) -> Self {
        let all = processes.iter().filter_map(|id| taken(*id));
        all.fold(Self::default(), |sum, one| Self {
            memory: sum.memory + one.memory,
            threads: sum.threads + one.threads,
        })
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

/// The entries of a folder of the system's whose names are numbers, none if it is gone.
#[cfg(target_os = "linux")]
fn numbers_in(folder: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What the threads of these processes have had of the cores, each by its number, of those
/// that are there still.
#[cfg(target_os = "linux")]
fn threads_of(processes: &[u32]) -> Vec<(u32, Had)> {
    let threads = processes.iter().flat_map(|id| {
        let folder = format!("/proc/{id}/task");
        numbers_in(&folder).map(move |thread| (thread, format!("{folder}/{thread}/schedstat")))
    });
    let had = threads.filter_map(|(thread, file)| {
        // Its time on a core, its wait for one, and how often it had one.
        let text = std::fs::read_to_string(file).ok()?;
        let mut times = text.split_whitespace().map_while(|it| it.parse().ok());
        let mut next = || times.next().map(Duration::from_nanos);
        Some((thread, Had { used: next()?, waited: next()? }))
    });
    had.collect()
}

/// The processes of a group.
struct Group {
    leader: u32,
    /// Those that are not in it: nobody joins it but by being started in it, and to read of
    /// each process which group it is in would take longer than all else.
    #[cfg(target_os = "linux")]
    strangers: HashSet<u32>,
}

#[cfg(target_os = "linux")]
impl Group {
    fn led_by(leader: u32) -> Self {
        Self { leader, strangers: HashSet::new() }
    }

    /// Those that there are now.
    fn processes(&mut self) -> Vec<u32> {
        let known = mem::take(&mut self.strangers);
        let mut processes = Vec::new();
        for id in numbers_in("/proc") {
            let group = if known.contains(&id) { None } else { group_of(id) };
            if group == Some(self.leader) {
                processes.push(id);
            } else if group.is_some() || known.contains(&id) {
                self.strangers.insert(id);
            }
        }
        processes
    }
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
fn threads_of(_processes: &[u32]) -> Vec<(u32, Had)> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
impl Group {
    fn led_by(leader: u32) -> Self {
        Self { leader }
    }

    fn processes(&mut self) -> Vec<u32> {
        vec![self.leader]
    }
}
