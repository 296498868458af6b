//! The servers, each a process of its own, and what they and their Redis take.

use std::env::consts::EXE_SUFFIX;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, process};

use benchmark::Result;

/// A program that serves orders as `order-tracker` does.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    command: fn() -> Command,
}

pub(crate) const OURS: Contender =
    Contender { name: "order-tracker", command: || ours("order-tracker") };
pub(crate) const NODE: Contender = Contender { name: "ws and ioredis", command: node };
pub(crate) const CONNECTION_PER_WATCHER: Contender = Contender {
    name: "tracker-connection-per-watcher",
    command: || ours("tracker-connection-per-watcher"),
};

fn ours(name: &str) -> Command {
    let beside = Path::new(env!("CARGO_BIN_EXE_order-tracker"));
    Command::new(beside.with_file_name(format!("{name}{EXE_SUFFIX}")))
}

fn node() -> Command {
    let mut node = Command::new("node");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/tracker.js");
    node.arg(script).env("NODE_PATH", node_modules()).env("NODE_ENV", "production");
    node
}

fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/node_modules")
}

/// Whether the program of node has what it needs.
pub(crate) fn node_is_here() -> bool {
    let runs = Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok();
    runs && ["ws", "ioredis"].iter().all(|name| node_modules().join(name).exists())
}

impl Contender {
    pub(crate) fn is_built(&self) -> bool {
        Path::new((self.command)().get_program()).exists()
    }

    /// Starts it on a free port, for so many orders and watchers of each.
    pub(crate) fn start(&self, orders: usize, watchers: usize, threads: usize) -> Result<Running> {
        let mut command = (self.command)();
        command.args(["--addr", "127.0.0.1:0", "--threads", &threads.to_string()]);
        // Orders of earlier rounds are still there, in Redis.
        command.args(["--orders", &(orders + 1_000_000).to_string()]);
        command.args(["--watchers", &watchers.max(10).to_string()]);
        // No order is over before a round is, and none is left when all of them are.
        command.args(["--lifetime", "300"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let listening = listening(&mut child);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut running = Running { child, address, says: String::new() };
        (running.address, running.says) =
            listening.map_err(|error| format!("{}: {error}", self.name))?;
        Ok(running)
    }
}

/// Where it says that it listens, and what it says of it. What comes after that is read
/// and thrown away.
fn listening(child: &mut Child) -> Result<(SocketAddr, String)> {
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err("it does not listen".into());
        }
        let after = line.strip_prefix("Listening at http://");
        if let Some((address, says)) = after.and_then(|rest| rest.trim().split_once(": ")) {
            let found = (address.parse()?, says.to_owned());
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Ok(found);
        }
    }
}

/// A server that ends with this.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it says of itself.
    pub(crate) says: String,
}

impl Running {
    /// Seconds of all cores until now, in the program and in the system for it.
    pub(crate) fn processor_time(&self) -> Result<f64> {
        processor_time(self.child.id())
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn held(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    /// The most that it has held.
    pub(crate) fn peak(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix(field)?.strip_suffix("kB"));
        Ok(kib.ok_or("the system does not tell")?.trim().parse::<f64>()? * 1024.0)
    }

    /// The descriptors that it has open.
    pub(crate) fn descriptors(&self) -> Result<f64> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count() as f64)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same of this process.
pub(crate) fn own_processor_time() -> Result<f64> {
    processor_time(process::id())
}

fn processor_time(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in brackets, may have spaces in it.
    let fields = stat.rsplit_once(')').ok_or("the system does not tell")?.1;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0)).sum();
    // Linux tells them in hundredths of a second, whatever its own ticks are.
    Ok(ticks as f64 / 100.0)
}

/// The Redis that all servers use.
pub(crate) struct Redis(redis::Connection);

/// What Redis says of itself.
#[derive(Clone, Copy)]
pub(crate) struct RedisTakes {
    pub(crate) connections: f64,
    /// In bytes.
    pub(crate) memory: f64,
    /// In seconds.
    pub(crate) processor_time: f64,
}

impl Redis {
    /// That of the environment.
    pub(crate) fn of_the_environment() -> Result<Self> {
        let missing =
            "REDIS_URL is not set; scripts/services up, and eval \"$(scripts/services env)\"";
        let url = env::var("REDIS_URL").map_err(|_| missing)?;
        Ok(Self(redis::Client::open(url)?.get_connection()?))
    }

    pub(crate) fn takes(&mut self) -> Result<RedisTakes> {
        let info: String = redis::cmd("INFO").query(&mut self.0)?;
        let figure = |name: &str| -> Result<f64> {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            Ok(line.ok_or_else(|| format!("Redis does not tell its {name}"))?.parse()?)
        };
        Ok(RedisTakes {
            connections: figure("connected_clients")?,
            memory: figure("used_memory")?,
            processor_time: figure("used_cpu_sys")? + figure("used_cpu_user")?,
        })
    }

    /// So many may be connected.
    pub(crate) fn most_connections(&mut self) -> Result<usize> {
        let (_, most): (String, String) =
            redis::cmd("CONFIG").arg("GET").arg("maxclients").query(&mut self.0)?;
        Ok(most.parse()?)
    }
}
