//! One run of one strategy: a process, watched until it ends.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::text::harmless;
use harness::{Prepared, Report};
use serde::de::DeserializeOwned;
use wait4::ResUse;

use crate::children::Running;
use crate::limits::Limits;
use crate::results::{Attempt, Cost, Failed, Measured};

/// How often to look at a run. Its own clock and the system's accounting tell
/// what it took; this only ends what goes too far.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a run that is told to end may take for that: what it has recorded
/// by then is worth a picture.
const GRACE: Duration = Duration::from_secs(2);

/// Of a long stderr only the end is looked at.
const MOST_OF_STDERR: u64 = 64 * 1024;

/// A run that is over, and not yet looked into.
#[derive(Debug)]
pub struct Ended {
    ended: io::Result<ResUse>,
    /// The limit that it was stopped at.
    stopped: Option<String>,
    /// What it wrote to stdout; none if it could not be run.
    ///
    /// It is kept in the file: a process begins with the peak memory of the one
    /// that starts it, and a report of many requesters is large.
    stdout: Option<File>,
    stderr: String,
}

/// Runs a program with `--json` and its arguments until it ends or goes beyond
/// a limit.
pub fn run(limits: Limits, program: &Path, args: &[String]) -> Ended {
    try_run(limits, program, args).unwrap_or_else(|error| Ended {
        ended: Err(error),
        stopped: None,
        stdout: None,
        stderr: String::new(),
    })
}

fn try_run(limits: Limits, program: &Path, args: &[String]) -> io::Result<Ended> {
    // Files without a name, which are gone with this process.
    let (stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut command = Command::new(program);
    command.args(args).arg("--json").stdin(Stdio::null());
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
) -> (io::Result<ResUse>, Option<(String, u64)>) {
    let written = || {
        let mut file = stderr;
        file.stream_position().unwrap_or(0)
    };
    let begun = Instant::now();
    loop {
        match running.ended() {
            Ok(None) => {}
            Ok(Some(ended)) => return (Ok(ended), None),
            Err(error) => return (Err(error), None),
        }
        let output = [stdout, stderr].into_iter().filter_map(|file| file.metadata().ok());
        let output = limits.exceeded_by_output(output.map(|file| file.len()).sum());
        if let Some(stopped) = output.or_else(|| limits.exceeded_by(running.id())) {
            running.kill();
            return (running.wait(), Some((stopped, written())));
        }
        if let Some(stopped) = limits.exceeded_after(begun.elapsed()) {
            let written = written();
            return (end(running), Some((stopped, written)));
        }
        thread::sleep(PAUSE);
    }
}

/// What a program says of the run that it could begin, with the same arguments
/// and `--prepare`.
pub fn prepare(limits: Limits, program: &Path, args: &[String]) -> Result<Prepared, Failed> {
    let mut run = run(limits, program, &[args, &["--prepare".to_owned()]].concat());
    let prepared = run.read().filter(|_| run.is_good());
    prepared.ok_or_else(|| run.failed(None))
}

/// Lets a program make ready what it needs, however long that takes, and gives
/// its exit code. What it says is seen on stderr.
pub fn prepare_for_all(program: &Path, args: &[String]) -> io::Result<u8> {
    let mut command = Command::new(program);
    command.args(args).arg("--prepare").stdin(Stdio::null()).stdout(Stdio::null());
    let ended = Running::start(&mut command)?.wait()?;
    Ok(ended.status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}

impl Ended {
    /// Whether it ended by itself and with exit code 0.
    pub fn is_good(&self) -> bool {
        self.stopped.is_none() && self.ended.as_ref().is_ok_and(|ended| ended.status.success())
    }

    /// What became of it. Reads its report, so it is to be called when all runs
    /// are over.
    pub fn attempt(mut self) -> Attempt {
        let report: Option<Report> = self.read();
        match (&self.ended, report) {
            (Ok(ended), Some(report)) if self.is_good() => {
                let cost = Cost {
                    cpu: ended.rusage.utime + ended.rusage.stime,
                    peak: ended.rusage.maxrss,
                };
                Ok(Measured { report, cost })
            }
            (_, report) => Err(self.failed(report)),
        }
    }

    /// Reads what it printed as JSON; none if it is something else.
    fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let stdout = self.stdout.as_mut()?;
        stdout.rewind().ok()?;
        serde_json::from_reader(BufReader::new(stdout)).ok()
    }

    fn failed(&self, report: Option<Report>) -> Failed {
        // It is the program's own, and goes to a terminal and on a page.
        let how = harmless(&self.how(report.as_ref())).into_owned();
        let last_line = self.lines().last().map(|line| harmless(line).into_owned());
        Failed { how, last_line, report: report.map(Box::new) }
    }

    /// What it wrote to stderr, without empty lines.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.stderr.lines().map(str::trim_end).filter(|line| !line.is_empty())
    }

    /// How it failed, in a few words.
    fn how(&self, report: Option<&Report>) -> String {
        if let Some(stopped) = &self.stopped {
            return stopped.clone();
        }
        let status = match &self.ended {
            Ok(ended) => ended.status,
            Err(error) => return format!("could not be run: {error}"),
        };
        // The allocator's last words, in any language a program of ours is in.
        if self.lines().any(|line| line.starts_with("memory allocation of ")) {
            return "ran out of memory".to_owned();
        }
        if let Some(failure) = report.and_then(|report| report.failure.as_ref()) {
            let requester = failure.requester.as_ref().map(|name| format!("{name}: "));
            return requester.unwrap_or_default() + failure.cause.as_str();
        }
        if let Some(error) = self.lines().rev().find_map(|line| line.strip_prefix("error: ")) {
            return error.to_owned();
        }
        by_status(status)
    }
}

fn by_status(status: ExitStatus) -> String {
    match (status.code(), signal(status)) {
        (Some(0), _) => "printed no report".to_owned(),
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

/// The last of so many bytes.
fn end_of(file: &mut File, length: u64) -> io::Result<String> {
    let begin = length.saturating_sub(MOST_OF_STDERR);
    file.seek(io::SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(length - begin).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
