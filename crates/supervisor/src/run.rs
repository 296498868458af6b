//! One run of one program: a process, watched until it ends.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wait4::ResUse;

use crate::children::Running;
use crate::limits::{Limit, Limits, Looks};

/// How often to look at a run. Its own clock and the system's accounting tell
/// what it took; this only ends what goes too far.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a run that is told to end may take for that: what it has recorded
/// by then is worth a picture.
const GRACE: Duration = Duration::from_secs(2);

/// Of a long output only the end is looked at: so many bytes.
pub const MOST_OF_END: u64 = 64 * 1024;

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    /// How it ended, and what it took; an error if it could not be run.
    pub ended: io::Result<ResUse>,
    /// The limit that it was stopped at; none if it ended by itself.
    pub stopped: Option<Limit>,
    /// What it wrote to stdout, all of it; none if it could not be run.
    ///
    /// It is kept in the file: a process begins with the peak memory of the one
    /// that starts it, and a report of many requesters is large.
    pub stdout: Option<File>,
    /// The end of what it wrote to stderr: [`MOST_OF_END`] at most. What it said when
    /// it was told to end is left out.
    pub stderr: String,
}

/// Runs a program until it ends or goes beyond a limit. The command says its
/// arguments, its environment and where it runs; it gets no stdin, and files
/// without a name for its stdout and stderr.
///
/// One that takes too long is interrupted as by Ctrl-C, and killed only if it does
/// not end then. One that takes too much of anything else is killed at once.
pub fn run(limits: Limits, command: Command) -> Ended {
    try_run(limits, command).unwrap_or_else(|error| Ended {
        ended: Err(error),
        stopped: None,
        stdout: None,
        stderr: String::new(),
    })
}

fn try_run(limits: Limits, mut command: Command) -> io::Result<Ended> {
    // Files without a name, which are gone with this process.
    let (stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null());
    command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let running = Running::start(&mut command)?;
    drop(command);
    let (ended, stopped) = watch(limits, &running, [&stdout, &stderr]);
    // Whatever it is, it writes no more.
    drop(running);
    // What it says when it is told to end is no news.
    let (stopped, length) = match stopped {
        Some((stopped, length)) => (Some(stopped), length),
        None => (None, stderr.stream_position()?),
    };
    let stderr = end_of(&mut stderr, length)?;
    Ok(Ended { ended, stopped, stdout: Some(stdout), stderr })
}

/// Waits for its end. Gives the limit too at which it was stopped, and how much
/// it had written to stderr by then.
fn watch(
    limits: Limits,
    running: &Running,
    [stdout, stderr]: [&File; 2],
) -> (io::Result<ResUse>, Option<(Limit, u64)>) {
    let written = || {
        let mut file = stderr;
        file.stream_position().unwrap_or(0)
    };
    let (begun, mut looks) = (Instant::now(), Looks::new(limits, running.id()));
    loop {
        match running.ended() {
            Ok(None) => {}
            Ok(Some(ended)) => return (Ok(ended), None),
            Err(error) => return (Err(error), None),
        }
        let output = [stdout, stderr].into_iter().filter_map(|file| file.metadata().ok());
        let output = limits.exceeded_by_output(output.map(|file| file.len()).sum());
        if let Some(stopped) = output.or_else(|| looks.exceeded(begun.elapsed())) {
            let written = written();
            let ended = match stopped {
                Limit::Time(_) => end(running),
                _ => {
                    running.kill();
                    running.wait()
                }
            };
            return (ended, Some((stopped, written)));
        }
        thread::sleep(PAUSE);
    }
}

/// Ends it as Ctrl-C does, and if it does not heed that, by force.
fn end(running: &Running) -> io::Result<ResUse> {
    running.interrupt();
    let asked = Instant::now();
    while asked.elapsed() < GRACE {
        if let Some(ended) = running.ended()? {
            return Ok(ended);
        }
        thread::sleep(PAUSE);
    }
    running.kill();
    running.wait()
}

impl Ended {
    /// Whether it ended by itself and with exit code 0.
    pub fn is_good(&self) -> bool {
        self.stopped.is_none() && self.ended.as_ref().is_ok_and(|ended| ended.status.success())
    }

    /// Whether it ended for want of memory.
    pub fn ran_out_of_memory(&self) -> bool {
        // The allocator's last words, in any language a program of ours is in.
        self.lines().any(|line| line.starts_with("memory allocation of "))
    }

    /// The end of what it wrote to stderr, without empty lines. It is the program's
    /// own: nothing in it has been made harmless.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.stderr.lines().map(str::trim_end).filter(|line| !line.is_empty())
    }

    /// The end of what it wrote to stdout: [`MOST_OF_END`] at most; empty if it could
    /// not be run.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn end_of_stdout(&mut self) -> io::Result<String> {
        let Some(stdout) = self.stdout.as_mut() else { return Ok(String::new()) };
        let length = stdout.metadata()?.len();
        end_of(stdout, length)
    }
}

/// How a process ended, in a few words, such as `killed by signal 6`.
pub fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), signal(status)) {
        (Some(code), _) => format!("ended with exit code {code}"),
        // Linux does this to the largest process when memory runs out.
        (_, Some(9)) => "killed by signal 9, from outside".to_owned(),
        (_, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// The last of so many bytes.
fn end_of(file: &mut File, length: u64) -> io::Result<String> {
    let begin = length.saturating_sub(MOST_OF_END);
    file.seek(io::SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(length - begin).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
