//! What the figures were measured on.

use std::{fs, thread};

/// The cores that this process may use, and the memory that there is.
pub(crate) fn describe() -> String {
    let cores = thread::available_parallelism().map_or("?".to_owned(), |cores| cores.to_string());
    let memory = memory_gib().map_or("?".to_owned(), |gib| format!("{gib:.0}"));
    format!("Measured on {cores} cores, {memory} GiB of memory")
}

/// Only Linux tells without more ado.
fn memory_gib() -> Option<f64> {
    let memory = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.strip_suffix("kB"))?;
    Some(kib.trim().parse::<f64>().ok()? / (1024.0 * 1024.0))
}
