//! Enough open files: every connection is one.

use harness::Failure;

/// What a process has open besides its connections, with room to spare.
const BESIDES: usize = 48;

/// Raises this process's limit of open files as far as the system lets it, and
/// fails if that is still too low for so many connections. A server inside the
/// process holds the other end of each.
pub(crate) fn provide(connections: usize, own_server: bool) -> Result<(), Failure> {
    let needed = connections * if own_server { 2 } else { 1 } + BESIDES;
    let allowed = limit();
    if needed as u64 <= allowed {
        make_room(needed);
        return Ok(());
    }
    let hint = if own_server {
        "start the server by itself, cargo run --release -p delay-server, or ask for fewer --requests"
    } else {
        "ask for fewer --requests, or have the limit raised (ulimit -Hn shows it)"
    };
    let cause = format!(
        "{connections} requests at once need {needed} open files, and the system allows {allowed} per process"
    );
    Err(Failure::new(cause, hint))
}

/// Lets the system's table of this process's files grow once, before the clock
/// starts. Left alone it doubles again and again, and as soon as there is a
/// second thread Linux takes some 15 ms for it, in which no file is opened.
#[cfg(unix)]
fn make_room(files: usize) {
    // If it fails, it costs the time that it would have saved.
    let highest = i32::try_from(files - 1).unwrap_or(i32::MAX);
    let _ = rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), highest);
}

#[cfg(not(unix))]
fn make_room(_files: usize) {}

/// How many files may be open, once the limit is raised.
#[cfg(unix)]
fn limit() -> u64 {
    // A system that does not tell its limit may still have a high one.
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX)
}

/// Windows bounds sockets by memory alone.
#[cfg(not(unix))]
fn limit() -> u64 {
    u64::MAX
}
