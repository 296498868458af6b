//! One run of one strategy: what it says of itself, and what became of it.

use std::io::{self, BufReader, Seek};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::text::harmless;
use harness::{Prepared, Report};
use serde::de::DeserializeOwned;
use supervisor::{Limit, Limits, ResUse, Running, how_it_ended};

use crate::numbers::{bytes, words};
use crate::results::{Attempt, Cost, Failed, Measured};
use crate::rounds::Program;
use crate::server::Server;

/// A run that is over, and not yet looked into.
#[derive(Debug)]
pub struct Ended {
    run: supervisor::Ended,
    /// What the server took that was asked, if that is what is measured.
    server: Option<io::Result<ResUse>>,
}

/// Runs a program with `--json` and its arguments until it ends or goes beyond
/// a limit.
pub fn run(limits: Limits, program: &Path, args: &[String]) -> Ended {
    let mut command = Command::new(program);
    command.args(args).arg("--json");
    Ended { run: supervisor::run(limits, command), server: None }
}

/// Runs a program as it is to be compared: where that asks a server, with a new one,
/// which ends with the run and is measured in its place.
pub fn run_once(limits: Limits, program: &Program) -> Ended {
    let Some(server) = &program.server else { return run(limits, &program.path, &program.args) };
    match Server::start(&server.path, &server.args, Some("")) {
        Ok(server) => {
            let url = ["--url".to_owned(), server.url.clone()];
            let run = run(limits, &program.path, &[&program.args[..], &url].concat());
            Ended { server: Some(server.end()), ..run }
        }
        Err(failure) => Ended {
            run: supervisor::Ended {
                ended: Err(io::Error::other(failure.cause().to_owned())),
                stopped: None,
                stdout: None,
                stderr: String::new(),
            },
            server: None,
        },
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
pub fn prepare_for_all(program: &Program) -> io::Result<u8> {
    let (path, args) = match &program.server {
        Some(server) => (&server.path, &server.args),
        None => (&program.path, &program.args),
    };
    let mut command = Command::new(path);
    command.args(args).arg("--prepare").stdin(Stdio::null()).stdout(Stdio::null());
    let ended = Running::start(&mut command)?.wait()?;
    Ok(ended.status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}

impl Ended {
    /// Whether it ended by itself and with exit code 0.
    pub fn is_good(&self) -> bool {
        self.run.is_good()
    }

    /// What became of it. Reads its report, so it is to be called when all runs
    /// are over.
    pub fn attempt(mut self) -> Attempt {
        let report: Option<Report> = self.read();
        let measured = self.server.as_ref().unwrap_or(&self.run.ended);
        match (measured, report) {
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
        let stdout = self.run.stdout.as_mut()?;
        stdout.rewind().ok()?;
        serde_json::from_reader(BufReader::new(stdout)).ok()
    }

    fn failed(&self, report: Option<Report>) -> Failed {
        // It is the program's own, and goes to a terminal and on a page.
        let how = harmless(&self.how(report.as_ref())).into_owned();
        // What is wrong with an option is said above that.
        let told = self.run.lines().rev().find(|line| !line.starts_with("For more information"));
        let last_line = told.map(|line| harmless(line).into_owned());
        Failed { how, last_line, report: report.map(Box::new) }
    }

    /// How it failed, in a few words.
    fn how(&self, report: Option<&Report>) -> String {
        if let Some(limit) = self.run.stopped {
            return beyond(limit);
        }
        let status = match &self.run.ended {
            Ok(ended) => ended.status,
            Err(error) => return format!("could not be run: {error}"),
        };
        if self.run.ran_out_of_memory() {
            return "ran out of memory".to_owned();
        }
        if let Some(failure) = report.and_then(|report| report.failure.as_ref()) {
            let requester = failure.requester.as_ref().map(|name| format!("{name}: "));
            return requester.unwrap_or_default() + failure.cause.as_str();
        }
        if let Some(error) = self.run.lines().rev().find_map(|line| line.strip_prefix("error: ")) {
            return error.to_owned();
        }
        if status.success() { "printed no report".to_owned() } else { how_it_ended(status) }
    }
}

/// What is to be said of a run that was stopped at this limit.
fn beyond(limit: Limit) -> String {
    match limit {
        Limit::Time(time) => format!("took longer than {}", words(time)),
        Limit::Output(output) => format!("wrote more than {}", bytes(output)),
        Limit::Memory(memory) => format!("took more than {} of memory", bytes(memory)),
        Limit::Threads(threads) => format!("took more than {threads} threads"),
    }
}
