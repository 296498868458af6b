//! The servers, each a process of its own, and what they take.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use benchmark::Result;

/// How many purchases a report adds up: some twenty milliseconds' worth.
pub(crate) const PURCHASES: &str = "100000";

/// A server that answers `/customers/7` and `/customers/7/report`.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    command: fn() -> Command,
    threads: &'static str,
}

pub(crate) const CONTENDERS: [Contender; 7] = [
    ours("customers-async", asynchronous, "1"),
    ours("customers-async, 4 threads", asynchronous, "4"),
    ours("customers-async-with-blocking", blocking, "1"),
    ours("customers-async-with-blocking, 4 threads", blocking, "4"),
    ours("customers-thread-pool", thread_pool, "1"),
    ours("customers-thread-pool, 4 threads", thread_pool, "4"),
    Contender { name: "aiohttp with aiosqlite", command: aiohttp, threads: "1" },
];
pub(crate) const RECORDED: Contender = ours("with the lens", asynchronous, "1");
pub(crate) const UNRECORDED: Contender = ours("without it", unrecorded, "1");

const fn ours(name: &'static str, command: fn() -> Command, threads: &'static str) -> Contender {
    Contender { name, command, threads }
}

fn asynchronous() -> Command {
    Command::new(env!("CARGO_BIN_EXE_customers-async"))
}

fn blocking() -> Command {
    Command::new(env!("CARGO_BIN_EXE_customers-async-with-blocking"))
}

fn thread_pool() -> Command {
    Command::new(env!("CARGO_BIN_EXE_customers-thread-pool"))
}

fn unrecorded() -> Command {
    let beside = Path::new(env!("CARGO_BIN_EXE_customers-async"));
    Command::new(beside.with_file_name(format!("examples/unrecorded{EXE_SUFFIX}")))
}

fn aiohttp() -> Command {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new(package.join("../../target/peers/bin/python"));
    python.arg(package.join("benches/peers/customers.py"));
    python
}

/// Cargo builds only the package's programs for a benchmark.
pub(crate) fn build_examples() -> Result<()> {
    let args = ["build", "--release", "--package", "customer-api", "--examples"];
    match Command::new(env!("CARGO")).args(args).status()?.success() {
        true => Ok(()),
        false => Err("the examples cannot be built".into()),
    }
}

impl Contender {
    pub(crate) fn is_here(&self) -> bool {
        Path::new((self.command)().get_program()).exists()
    }

    /// Starts it on a free port. The first of ours fills the database.
    pub(crate) fn start(&self) -> Result<Running> {
        let mut command = (self.command)();
        command.args(["--addr", "127.0.0.1:0", "--threads", self.threads]);
        command.args(["--purchases", PURCHASES, "--patience", "60"]);
        command.env("DATABASE_URL", format!("sqlite:{}", database().display()));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let address = address(&mut child);
        let mut running = Running { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        running.address = address.map_err(|error| format!("{}: {error}", self.name))?;
        Ok(running)
    }
}

fn database() -> PathBuf {
    let file = format!("../../target/customers-{PURCHASES}-bench.sqlite");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Where it says that it listens. What it says after that is read and thrown away.
fn address(child: &mut Child) -> Result<SocketAddr> {
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err("it does not listen".into());
        }
        let after = line.strip_prefix("Listening: try http://");
        if let Some(address) = after.and_then(|rest| rest.split('/').next()) {
            let address = address.parse()?;
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Ok(address);
        }
    }
}

/// A server that ends with this.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Seconds of all cores until now, in the program and in the system for it.
    pub(crate) fn processor_time(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in brackets, may have spaces in it.
        let fields = stat.rsplit_once(')').ok_or("the system does not tell")?.1;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0)).sum();
        // Linux tells them in hundredths of a second, whatever its own ticks are.
        Ok(ticks as f64 / 100.0)
    }

    /// The memory that it holds, in 10⁶ bytes.
    pub(crate) fn held(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        Ok(kib.ok_or("the system does not tell")?.trim().parse::<f64>()? * 1024.0 / 1e6)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
