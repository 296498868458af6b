//! A client and its server, each in a process of its own, and what a run of
//! them took.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use benchmark::{Result, median};
use wait4::{ResourceUsage, Wait4};

use crate::pull;
use crate::viewers::Viewers;

/// Takes `--url`, `--seconds` and `--requests`, and tells its `Time elapsed:`.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    client: fn() -> Command,
    server: fn() -> Command,
    /// How many watch the server's live page.
    viewers: usize,
}

pub(crate) const SYNC: Contender = ours("sync", || Command::new(env!("CARGO_BIN_EXE_sync")));
pub(crate) const ASYNC: Contender = ours("async", || Command::new(env!("CARGO_BIN_EXE_async")));
pub(crate) const THREAD: Contender = ours("thread", || Command::new(env!("CARGO_BIN_EXE_thread")));
pub(crate) const THREAD_POOL: Contender =
    ours("thread-pool of 64", || Command::new(env!("CARGO_BIN_EXE_thread-pool")));
pub(crate) const SOCKETS: Contender = ours("bare sockets", || pull::command("sockets"));
pub(crate) const HYPER: Contender =
    ours("hyper", || Command::new(program(&format!("examples/hyper{EXE_SUFFIX}"))));
pub(crate) const RECORDED: Contender = ours("on", || pull::command("recorded"));
pub(crate) const UNRECORDED: Contender = ours("off", || pull::command("unrecorded"));
pub(crate) const AIOHTTP: Contender = Contender {
    name: "aiohttp",
    client: || peer("client.py"),
    server: || peer("server.py"),
    viewers: 0,
};
pub(crate) const UNWATCHED: Contender = Contender { name: "nobody", ..ASYNC };
pub(crate) const WATCHED: Contender = Contender { name: "10 viewers", viewers: 10, ..ASYNC };

const fn ours(name: &'static str, client: fn() -> Command) -> Contender {
    Contender { name, client, server: delay_server, viewers: 0 }
}

fn delay_server() -> Command {
    let mut server = Command::new(program(&format!("delay-server{EXE_SUFFIX}")));
    server.args(["--addr", "localhost:0"]);
    server
}

/// What cargo builds beside the clients.
fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_async")).with_file_name(name)
}

fn peer(script: &str) -> Command {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new(package.join("../../target/peers/bin/python"));
    python.arg(package.join("benches/peers").join(script));
    python
}

/// Puts `delay-server` and the example beside the clients: cargo builds only this
/// package's own programs for a benchmark.
pub(crate) fn build_others() -> Result<()> {
    for what in [&["delay-server"] as &[_], &["http-client", "--example", "hyper"]] {
        let mut cargo = Command::new(env!("CARGO"));
        let status = cargo.args(["build", "--release", "--package"]).args(what).status()?;
        if !status.success() {
            return Err(format!("{} cannot be built", what.join(" ")).into());
        }
    }
    Ok(())
}

/// What one run took, or the median of some.
pub(crate) struct Run {
    /// Seconds, as the client tells.
    pub(crate) elapsed: f64,
    pub(crate) client: Usage,
    pub(crate) server: Usage,
    /// What the viewer read who read the least, if there was one.
    pub(crate) snapshots: Option<usize>,
}

/// What one process took.
pub(crate) struct Usage {
    /// At its peak, in 10⁶ bytes.
    pub(crate) megabytes: f64,
    /// Seconds of all cores, in the program and in the system for it.
    pub(crate) cpu: f64,
}

impl Contender {
    pub(crate) fn is_here(&self) -> bool {
        Path::new((self.client)().get_program()).exists()
    }

    /// Starts a server, lets the client do its work there, and stops the server.
    pub(crate) fn run(&self, work: &[&str]) -> Result<Run> {
        let mut server = (self.server)().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let pulled = address(&mut server).and_then(|url| {
            let viewers = Viewers::of(&url, self.viewers)?;
            Ok((self.pull(&url, work)?, viewers))
        });
        server.kill()?;
        let server = server.wait4()?.rusage.into();
        let ((elapsed, client), viewers) =
            pulled.map_err(|error| format!("{}: {error}", self.name))?;
        Ok(Run { elapsed, client, server, snapshots: viewers.snapshots().into_iter().min() })
    }

    /// Lets one server serve the client's work again and again. Gives what it held
    /// at its peak until then and what it holds, after each time, in 10⁶ bytes.
    pub(crate) fn run_in_a_row(&self, work: &[&str], times: usize) -> Result<Vec<(f64, f64)>> {
        let mut server = (self.server)().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let held = address(&mut server).and_then(|url| {
            let again = || {
                self.pull(&url, work)?;
                // The last connections are still being closed.
                thread::sleep(Duration::from_secs(1));
                held(server.id())
            };
            (0..times).map(|_| again()).collect()
        });
        server.kill()?;
        server.wait()?;
        held
    }

    fn pull(&self, url: &str, work: &[&str]) -> Result<(f64, Usage)> {
        let mut client = (self.client)();
        client.args(["--url", url]).args(work).stdout(Stdio::piped());
        let mut client = client.spawn()?;
        let mut printed = String::new();
        client.stdout.take().ok_or("no output")?.read_to_string(&mut printed)?;
        let used = client.wait4()?;
        if !used.status.success() {
            return Err(used.status.to_string().into());
        }
        let elapsed = printed.lines().find_map(|line| line.strip_prefix("Time elapsed: "));
        Ok((elapsed.ok_or("no time was told")?.parse()?, used.rusage.into()))
    }
}

/// The memory that a process held at its peak and that it holds, as Linux tells.
fn held(process: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let megabytes = |field| {
        let kib = status.lines().find_map(|line| line.strip_prefix(field)?.strip_suffix("kB"));
        Result::Ok(kib.ok_or("the system does not tell")?.trim().parse::<f64>()? * 1024.0 / 1e6)
    };
    Ok((megabytes("VmHWM:")?, megabytes("VmRSS:")?))
}

/// The route that a server says it listens on, without its query.
fn address(server: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
    let url = line.trim().strip_prefix("Listening: try ").and_then(|url| url.split('?').next());
    Ok(url.ok_or("the server does not listen")?.to_owned())
}

impl Run {
    /// Each figure's own median, of the snapshots the least; none of no runs.
    pub(crate) fn median(runs: &[Self]) -> Option<Self> {
        let of = |figure: fn(&Self) -> f64| median(runs.iter().map(figure));
        (!runs.is_empty()).then(|| Self {
            elapsed: of(|run| run.elapsed),
            client: Usage {
                megabytes: of(|run| run.client.megabytes),
                cpu: of(|run| run.client.cpu),
            },
            server: Usage {
                megabytes: of(|run| run.server.megabytes),
                cpu: of(|run| run.server.cpu),
            },
            snapshots: runs.iter().filter_map(|run| run.snapshots).min(),
        })
    }
}

impl From<ResourceUsage> for Usage {
    /// A process begins with its parent's peak of memory. The parent is this
    /// benchmark, which keeps itself small.
    fn from(usage: ResourceUsage) -> Self {
        Self {
            megabytes: usage.maxrss as f64 / 1e6,
            cpu: (usage.utime + usage.stime).as_secs_f64(),
        }
    }
}
