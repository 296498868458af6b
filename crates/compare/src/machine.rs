//! The machine, by what matters here.

use std::process::Command;
use std::{fs, thread};

use crate::results::Machine;

/// More threads than this are never let go on, unless they are asked for.
const MOST_THREADS: u64 = 20_000;

/// What a machine that does not tell is taken to have: 4 GiB.
const USUAL_MEMORY: u64 = 4 << 30;

/// This machine.
pub fn here() -> Machine {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let memory = meminfo("MemTotal:").or_else(mac_memory).unwrap_or(0);
    Machine { cores, memory }
}

/// Half of the memory that nobody uses, in bytes; half of all of it on a system
/// that does not tell what is in use.
pub fn half_of_free_memory() -> u64 {
    let free = meminfo("MemAvailable:").or_else(mac_memory).unwrap_or(USUAL_MEMORY);
    // A container may have less than its machine.
    number("/sys/fs/cgroup/memory.max").map_or(free, |most| most.min(free)) / 2
}

/// 20,000 threads, or half of what the system allows if that is less.
pub fn usual_most_threads() -> u64 {
    let limits =
        ["/proc/sys/kernel/threads-max", "/proc/sys/kernel/pid_max", "/sys/fs/cgroup/pids.max"];
    let least = limits.into_iter().filter_map(number).min();
    least.map_or(MOST_THREADS, |most| MOST_THREADS.min(most / 2))
}

/// What a file of the system says; none where it says nothing, or `max`.
fn number(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn meminfo(key: &str) -> Option<u64> {
    let memory = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = memory.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix("kB"))?;
    Some(kib.trim().parse::<u64>().ok()? * 1024)
}

fn mac_memory() -> Option<u64> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let output = Command::new("sysctl").args(["-n", "hw.memsize"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
